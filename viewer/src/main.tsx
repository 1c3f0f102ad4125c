import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/page.css';
import { App } from './parts/app.js';
import { Page } from './state/page.js';

render(<App page={new Page()} />, document.getElementById('page') as HTMLElement);
