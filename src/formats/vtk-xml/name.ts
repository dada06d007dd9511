/** Name of the format in messages and headers. */
export const VTK_XML = 'VTK XML';
