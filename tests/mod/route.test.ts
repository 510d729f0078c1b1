import { expect, test } from 'claude-code/testing'

import { orders, start, world } from './world.ts'

const TWO = '/state/mod/two.json'
const readReading = (seen) => JSON.parse(seen.files[TWO])

// Auto mode from session one to session two, whose brief's route names `model`.
async function cleared($, seen, clock, model) {
  await start($)
  const ended = $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await clock.advance(2000)
  await ended
  await complete($)
  await clock.advance(100)
  seen.files['/state/next/two.json'] = orders({ do: 'go', turn: '', prompt: 'Go on.', model })
  await $.classic.SessionStart({ session_id: 'two', source: 'clear' })
  await clock.advance(100)
}

async function complete($, reason = 'answer') {
  await $.turn.complete({ turnId: 't', answer: '', durationMs: 1, isAborted: reason === 'aborted', reason, usage: null })
}

async function step($, model, more = {}) {
  for await (const _ of $.turn.step({ turnId: 't', index: 0, model, messageCount: 1, ...more })) { /* to its end */ }
}

const CLEAR = { '/state/next/one.json': orders({ do: 'clear', seconds: 2, model: 'haiku' }) }

test('the next session asks for the model of its route', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, 'haiku')
  await step($, 'opus')
  await step($, 'opus')
  expect(seen.asked).toEqual(['haiku', 'haiku'])
  await $.classic.Stop({ session_id: 'two', prompt_id: 'p2' })
  expect(readReading(seen)).toMatchObject({ model: 'claude-opus-5-5', answers: 'claude-haiku' })
})

test('without a route it asks for the client’s own', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, undefined)
  await step($, 'opus')
  expect(seen.asked).toEqual(['opus'])
  await $.classic.Stop({ session_id: 'two', prompt_id: 'p2' })
  expect(readReading(seen).answers).toBe('')
})

test('a subagent keeps its own', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, 'haiku')
  await step($, 'sonnet', { agentId: 'a1' })
  expect(seen.asked).toEqual(['sonnet'])
})

test('the session before it is not touched', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await start($)
  await step($, 'opus')
  expect(seen.asked).toEqual(['opus'])
})

test('who chooses another model has that, from then on', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, 'haiku')
  for (const model of ['opus', 'fable', 'opus']) await step($, model)
  expect(seen.asked).toEqual(['haiku', 'fable', 'opus'])
  await $.classic.Stop({ session_id: 'two', prompt_id: 'p2' })
  expect(readReading(seen).answers).toBe('')
})

test('a session after that has no part in it', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, 'haiku')
  await step($, 'opus')
  await $.classic.SessionStart({ session_id: 'three', source: 'clear' })
  await step($, 'opus')
  expect(seen.asked).toEqual(['haiku', 'opus'])
})

test('a model that does not answer is left', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, 'nonsense')
  seen.answers = false
  await step($, 'opus')
  await complete($, 'error')
  expect(seen.toasts).toEqual(['nonsense did not answer; the next prompt goes to the client\'s own model'])
  await step($, 'opus')
  expect(seen.asked).toEqual(['nonsense', 'opus'])
})

test('Escape before the first answer changes nothing, nor does an error after it', async ($, on) => {
  const { seen, clock } = world(on, { ...CLEAR })
  await cleared($, seen, clock, 'haiku')
  seen.answers = false
  await step($, 'opus')
  await complete($, 'aborted')
  seen.answers = true
  await step($, 'opus')
  seen.answers = false
  await step($, 'opus')
  await complete($, 'error')
  await step($, 'opus')
  expect(seen.asked).toEqual(['haiku', 'haiku', 'haiku', 'haiku'])
  expect(seen.toasts).toEqual([])
})
