import { expect, test } from 'claude-code/testing'

import { NEXT, aborted, end, orders, start, world } from './world.ts'

// The clock begins at 1,000 s: a look at the session is due two minutes later.
const WAKES = JSON.stringify({ meter: null, order: null, wake: 1120 })

test('an idle session is looked at once, before its cache goes cold', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES })
  await start($)
  await end($)
  await clock.advance(119_000)
  expect(seen.processes).toEqual([])
  await clock.advance(2_000)
  expect(seen.processes).toEqual([['idle', '--session', 'one']])
  await clock.advance(600_000)
  expect(seen.processes.length).toBe(1)
})

test('a stopped turn is no reason to stay awake', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES })
  await start($)
  await end($, aborted)
  await clock.advance(121_000)
  expect(seen.processes.length).toBe(1)
})

test('without a moment nothing is started', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: orders() })
  await start($)
  await end($)
  await clock.advance(600_000)
  expect(seen.processes).toEqual([])
})

test('a session that works is left alone', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES })
  await start($)
  await end($)
  await $.turn.start({ turnId: 't2' })
  await clock.advance(121_000)
  expect(seen.processes).toEqual([])
})

test('one that worked since is looked at for its last turn only', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES })
  await start($)
  await end($)
  await clock.advance(60_000)
  seen.files[NEXT] = JSON.stringify({ wake: 1200 })
  await $.classic.Stop({ session_id: 'one', prompt_id: 'p2' })
  await $.turn.complete({ turnId: 't', answer: 'Done.', durationMs: 1, isAborted: false, reason: 'answer', usage: null })
  await clock.advance(61_000)
  expect(seen.processes).toEqual([])
  await clock.advance(80_000)
  expect(seen.processes.length).toBe(1)
})

test('a brief that is ordered then is a real command', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES })
  await start($)
  await end($)
  seen.files[NEXT] = orders({ do: 'handoff' })
  await clock.advance(121_000)
  expect(seen.ran).toEqual([['handoff:handoff', '']])
})

test('nothing is ordered over a half-typed prompt', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES }, { prompt: 'half' })
  await start($)
  await end($)
  seen.files[NEXT] = orders({ do: 'handoff' })
  await clock.advance(121_000)
  expect(seen.ran).toEqual([])
})

test('a session that is resumed with a warm cache is looked at too', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES })
  await start($)
  await clock.advance(119_000)
  expect(seen.processes).toEqual([])
  await clock.advance(2_000)
  expect(seen.processes).toEqual([['idle', '--session', 'one']])
})

test('one that is resumed inside the client takes the place of the one before', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: WAKES, '/state/next/two.json': WAKES })
  await start($)
  await $.classic.SessionStart({ session_id: 'two', source: 'resume' })
  await clock.advance(121_000)
  expect(seen.processes).toEqual([['idle', '--session', 'two']])
})
