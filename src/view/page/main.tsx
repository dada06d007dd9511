import { render } from 'preact';
import { App } from './components/app.tsx';
import { Viewer } from './viewer.ts';

const main = document.getElementById('page');
if (main !== null) {
  main.replaceChildren();
  const viewer = new Viewer(main);
  render(<App viewer={viewer} />, main);
  void viewer.start();
}
