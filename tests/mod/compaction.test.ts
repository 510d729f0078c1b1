import { expect, test } from 'claude-code/testing'

import { end, MOD, start, world } from './world.ts'

for (const [name, compaction, expected] of [
  ['where it compacts', { autoCompactThreshold: 117_000, autocompactSource: 'settings', isAutoCompactEnabled: true }, { at: 117_000, source: 'settings' }],
  ['only once the API refused', { autoCompactThreshold: 167_000, autocompactSource: 'auto', isAutoCompactEnabled: true }, { at: 167_000, source: 'auto' }],
  ['never', { autocompactSource: 'auto', isAutoCompactEnabled: false }, { at: 0, source: 'auto' }],
  ['nothing of it', { isAutoCompactEnabled: true }, null],
  ['that it cannot say', null, null],
]) {
  test(`the client says ${name}`, async ($, on) => {
    const { seen } = world(on, {}, { compaction })
    await start($)
    expect(JSON.parse(seen.files[MOD]).compaction).toBe(null)

    await end($)
    const told = JSON.parse(seen.files[MOD])
    expect(told.compaction).toEqual(expected && { ...expected, model: 'claude-opus-5-5' })
    expect(told.context).toEqual({ tokens: 30_000, window: 1_000_000, percent: 3 })

    await $.classic.SessionStart({ session_id: 'one', source: 'compact' })
    expect(JSON.parse(seen.files[MOD]).compaction).toEqual(told.compaction)
  })
}

test('what /autocompact changes is told at once', async ($, on) => {
  const compaction = { autoCompactThreshold: 117_000, autocompactSource: 'settings', isAutoCompactEnabled: true }
  const { seen } = world(on, {}, { compaction })
  await start($)
  await $.command.run({ command: 'autocompact', args: '150k' })
  expect(seen.ran).toEqual([['autocompact', '150k']])
  expect(JSON.parse(seen.files[MOD]).compaction.at).toBe(117_000)
})
