import { findMoreStrokes } from './more-letters.ts';
import { addLetters } from './plain-letters.ts';

/** The font with all its letters. In a browser those beyond ASCII are loaded when a text has one. */
export { glyphOf, lettersOf } from './plain-letters.ts';

addLetters(findMoreStrokes);
