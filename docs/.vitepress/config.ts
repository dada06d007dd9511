import { existsSync, readFileSync } from 'node:fs';
import { type DefaultTheme, defineConfig } from 'vitepress';

/** What typedoc found, if it ran: the doors by the names that programs import. */
function readApiSidebar(): DefaultTheme.SidebarItem[] {
  const file = new URL('../api/typedoc-sidebar.json', import.meta.url);
  if (!existsSync(file)) return [];
  const doors = JSON.parse(readFileSync(file, 'utf8')) as DefaultTheme.SidebarItem[];
  const named = doors.map((door) => ({
    ...door,
    text: door.text === 'index' ? 'vascusim' : `vascusim/${door.text}`,
  }));
  // The door that has everything comes last.
  return named.toSorted((one, other) => Number(one.text === 'vascusim') - Number(other.text === 'vascusim'));
}

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: 'Guide',
    items: [
      { text: 'Getting started', link: '/guide/getting-started' },
      { text: 'Prefetching', link: '/guide/prefetching' },
      { text: 'Filters and metadata', link: '/guide/filtering' },
      { text: 'Public data sets', link: '/guide/public-data-sets' },
      { text: 'The cache', link: '/guide/cache' },
      { text: 'Large data sets', link: '/guide/large-data-sets' },
      { text: 'Meshes and graphs', link: '/guide/meshes-and-graphs' },
      { text: 'Looking at samples', link: '/guide/view' },
      { text: 'Time: steps as samples', link: '/guide/time' },
      { text: 'Splits and statistics', link: '/guide/splits-and-statistics' },
      { text: 'Performance', link: '/guide/performance' },
      { text: 'In a browser', link: '/guide/browser' },
      { text: 'Many machines', link: '/guide/many-machines' },
      { text: 'From Python', link: '/guide/python' },
      { text: 'Train from Python', link: '/guide/train-from-python' },
      { text: 'Troubleshooting', link: '/guide/troubleshooting' },
      { text: 'The command line', link: '/guide/command-line' },
      { text: 'The protocol of the engine', link: '/guide/engine' },
    ],
  },
  {
    text: 'Sources',
    items: [
      { text: 'Which source', link: '/sources/' },
      { text: 'Folder', link: '/sources/folder' },
      { text: 'NAS by web API', link: '/sources/nas-api' },
      { text: 'NAS by SMB', link: '/sources/nas-smb' },
      { text: 'Hugging Face', link: '/sources/hugging-face' },
      { text: 'Web server', link: '/sources/web-server' },
      { text: 'S3', link: '/sources/s3' },
      { text: 'Archives', link: '/sources/archives' },
      { text: 'Write your own', link: '/sources/your-own' },
    ],
  },
  {
    text: 'How it is made',
    items: [
      { text: 'Architecture', link: '/architecture' },
      {
        text: 'Decisions',
        link: '/decisions/',
        items: [
          { text: 'The cache', link: '/decisions/cache' },
          { text: 'Decoding', link: '/decisions/decoding' },
          { text: 'Archives', link: '/decisions/archives' },
          { text: 'The HTTP client', link: '/decisions/http-client' },
          { text: 'Reading parts', link: '/decisions/partial-reads' },
          { text: "The loader's order", link: '/decisions/loader-order-and-state' },
          { text: 'How many threads decode', link: '/decisions/workers' },
          { text: 'Python', link: '/decisions/python' },
          { text: 'A browser', link: '/decisions/browser' },
          { text: 'commander', link: '/decisions/commander' },
          { text: 'string-width', link: '/decisions/string-width' },
          { text: 'The command line', link: '/decisions/command-line' },
          { text: 'Jobs on many machines', link: '/decisions/queue' },
          { text: 'The page of view', link: '/decisions/page' },
          { text: 'Documentation', link: '/decisions/documentation' },
        ],
      },
    ],
  },
];

export default defineConfig({
  title: 'VascuSim',
  description:
    'Streams vascular simulation data from where it lies into the loop that trains or runs a model.',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcExclude: ['**/node_modules/**', 'api-start.md'],
  ignoreDeadLinks: false,
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Sources', link: '/sources/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: { '/api/': [{ text: 'API', link: '/api/', items: readApiSidebar() }], '/': guide },
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
