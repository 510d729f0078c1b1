import { expect, test } from 'claude-code/testing'

import { MOD, NEXT, end, orders, start, world } from './world.ts'

const HANDOFF = orders({ do: 'handoff' })
const PROJECTS = { name: 'handoff:handoff', description: '', source: 'user' }
const PICKUP = { name: 'handoff:pickup', description: '', source: 'user' }
const SPEC = { name: 'handoff:spec', description: '', source: 'user' }
const OTHER_PLUGINS = { ...PROJECTS, source: 'plugin', plugin: 'other' }

test('alone with its names it says so', async ($, on) => {
  const { seen } = world(on)
  await start($)
  expect(JSON.parse(seen.files[MOD]).shadowed).toEqual([])
})

for (const other of [PROJECTS, PICKUP, SPEC, OTHER_PLUGINS]) {
  test(`beside ${other.source} ${other.name} it says so, and runs nothing by its names`, async ($, on) => {
    const { seen, clock } = world(on, { [NEXT]: HANDOFF }, { others: [other] })
    await start($)
    expect(JSON.parse(seen.files[MOD]).shadowed).toEqual([other.name])
    await end($)
    for (const command of ['handoff', 'pickup']) {
      const answer = await $.command.run({ command, args: 'b1' })
      expect(answer.text).toContain('was not run')
      expect(answer.isTextDisplayOnly).toBe(true)
    }
    await clock.advance(100)
    expect(seen.ran).toEqual([])
    expect(JSON.parse(seen.files[MOD])).toMatchObject({ held: 'shadowed', took: '' })
  })
}

test('modes and lists run nothing by a name, so they stay', async ($, on) => {
  const { seen } = world(on, {}, { others: [PROJECTS] })
  await start($)
  await $.command.run({ command: 'handoff', args: 'off' })
  await $.command.run({ command: 'handoffs', args: '' })
  expect(seen.processes).toEqual([['session', 'mode', 'off', '--session', 'one'], ['list', '--width', '44']])
})

test('a command that came after the order was given is not run', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: HANDOFF })
  await start($)
  await end($)
  seen.others.push(PROJECTS)
  await clock.advance(100)
  expect(seen.ran).toEqual([])
  expect(JSON.parse(seen.files[MOD])).toMatchObject({ held: 'shadowed', shadowed: ['handoff:handoff'] })
})

test('a list that cannot be had counts as not ours', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: HANDOFF }, { others: null })
  await start($)
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([])
  expect(JSON.parse(seen.files[MOD]).shadowed).toEqual(['handoff:handoff', 'handoff:pickup', 'handoff:spec'])
})
