/** QSharedMemory from outside Qt: segments, their lock, and the image lists that Qt programs put into them (docs/qt.md). */
export { type ErrorCode, type ErrorDetails, errorCodes, FramelaneError } from '../error.js';
export { imageFormatOf, type QtImageFormat, qtImageFormats } from './image-format.js';
export { type ListedImage, maxImages, readListedImages } from './image-list.js';
export { listQtSegments, type QtSegmentStatus, removeQtSegment } from './leftovers.js';
export { imageFrame, type QtListOptions, readImageList } from './list-frames.js';
export { maxKeyLength, type NativeNames, nativeNames, type QtBackendName, type QtKeyKind } from './names.js';
export { maxSegmentBytes, type QtLock, QtSharedMemory, type QtSharedMemoryOptions } from './shared-memory.js';
export { imageListBytes, writeImageList } from './write-list.js';
