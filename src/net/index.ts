export { nalScanner } from './nal-scanner.js';
