import { expect, test } from 'claude-code/testing'

import { NEXT, end, orders, start, world } from './world.ts'

test('a name that is taken stays its owner’s', async ($, on) => {
  const { seen, clock } = world(on, {}, { taken: ['handoff'] })
  await start($)
  await $.command.run({ command: 'handoff', args: 'off' })
  await $.command.run({ command: 'pickup', args: '' })
  await clock.advance(100)
  expect(seen.processes).toEqual([])
  expect(seen.ran).toEqual([['handoff', 'off'], ['handoff:pickup', '']])
})

test('where nothing can be written it still does as it is told', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: orders({ do: 'handoff' }) }, { disk: false })
  await start($)
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([['handoff:handoff', '']])
})

test('a state directory that is not there is not made here', async ($, on) => {
  const { seen } = world(on, {}, { home: false })
  await start($)
  expect(seen.files).toEqual({})
})

for (const [env, folder] of [
  [{ HANDOFF_HOME: '/own', XDG_STATE_HOME: '/xdg' }, '/own'],
  [{ XDG_STATE_HOME: '/xdg' }, '/xdg/handoff'],
  [{}, '/home/robin/.local/state/handoff'],
  [{ HANDOFF_HOME: '', XDG_STATE_HOME: '' }, '/home/robin/.local/state/handoff'],
  [{ HANDOFF_HOME: '.own', XDG_STATE_HOME: '~/xdg', HOME: '/h' }, '/h/.local/state/handoff'],
]) {
  test(`the state directory is found as the hooks find it: ${folder}`, async ($, on) => {
    const { seen } = world(on, {}, { env })
    await start($)
    expect(Object.keys(seen.files)).toEqual([`${folder}/mod/one.json`])
  })
}

for (const HOME of [undefined, '', 'home']) {
  test(`without a home nothing is written, nor read, in the project: ${HOME}`, async ($, on) => {
    const { seen } = world(on, {}, { env: { HOME } })
    await start($)
    await end($)
    expect(seen.files).toEqual({})
    expect(seen.registered).toEqual(['handoff', 'pickup', 'handoffs'])
  })
}

test('on native Windows no command is offered, as nothing would answer it, and nothing written', async ($, on) => {
  const { seen } = world(on, {}, { env: { HANDOFF_HOME: '/state', OS: 'Windows_NT' } })
  await start($)
  await end($)
  expect(seen.registered).toEqual([])
  expect(seen.files).toEqual({})
})
