import { describe, expect, test } from 'vitest';
import { isSystemFolder, passedOver } from '../../src/core/system-folders.ts';

describe('system folders', () => {
  test.each([
    '#recycle',
    '#snapshot',
    '@eaDir',
    '@tmp',
    '@Recycle',
    '@Recently-Snapshot',
    '@__thumb',
    '~snapshot',
    '~SNAPSHT',
    '.snapshot',
    '.zfs',
    '$RECYCLE.BIN',
    '$Recycle.Bin',
    'RECYCLER',
    'Recycled',
    'System Volume Information',
    'SYSTEM VOLUME INFORMATION',
    'DfsrPrivate',
    'dfsrprivate',
    'Network Trash Folder',
    'Temporary Items',
    'TheVolumeSettingsFolder',
    'lost+found',
    'Lost+Found',
    'found.000',
    'trashbox',
    'Network Recycle Bin 1',
    '.Trash-1000',
    '.Trashes',
    '@GMT-2024.03.01-12.00.00',
    'DO_NOT_REMOVE_NtFrs_PreInstall_Directory',
  ])('%s is one', (name) => {
    expect(isSystemFolder(name)).toBe(true);
  });

  test.each([
    'snapshot',
    'snapshots',
    'recycle',
    'tmp',
    'eaDir',
    '#1',
    '@2',
    '$HOME',
    'lost',
    'found',
    'found.vtu',
    'lost+found 2',
    'Temporary',
    'trash',
    '@Recycle2',
    'x@Recycle',
    '',
    'a'.repeat(1000),
  ])('%s is none', (name) => {
    expect(isSystemFolder(name)).toBe(false);
  });

  test.each([
    ['@Recycle', 'a/@Recycle', '', 'system-folder'],
    ['@Recycle', 'a/@Recycle', 'a/', 'system-folder'],
    ['@Recycle', 'a/@Recycle', 'a/@Rec', 'system-folder'],
    ['@Recycle', 'a/@Recycle', 'a/@Recycle', undefined],
    ['@Recycle', 'a/@Recycle', 'a/@Recycle/deep/', undefined],
    ['@eaDir', 'a/@Recycle/@eaDir', 'a/@Recycle/', 'system-folder'],
    ['.snapshot', '.snapshot', '', 'hidden'],
    ['.snapshot', '.snapshot', '.snapshot/daily/', undefined],
    ['.git', '.git', '.git/', 'hidden'],
    ['cases', 'cases', '', undefined],
  ])('%s at %s, for the prefix %j: %s', (name, path, prefix, why) => {
    expect(passedOver(name, path, prefix)).toBe(why);
  });
});
