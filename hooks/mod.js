// The mod: it tells the hooks the client's figures, draws the meter, and does what they decided.
//
// Nothing is decided here. `<state>/mod/<session>.json` is written by this file alone,
// `<state>/next/<session>.json` by the hooks alone (plugin/handoff/mod/orders.py says what is in
// it). No process is started but for a command that a person typed, and one before an idle session's
// prompt cache goes cold. Docs: docs/auto-mode.md. A function that is given `$` shares its name with
// nothing else in this file: Claude Code 2.1.287 would not load it.

import { longest, meter } from './meter.js'

const MODES = ['off', 'notify', 'write', 'auto']
const SOON = 50 // ms: a command cannot run from inside the hook of a turn's end
const HANDOFF = 'handoff:handoff'
const PICKUP = 'handoff:pickup'
const OURS = [HANDOFF, PICKUP, 'handoff:spec']
const SETTLED = 500 // ms: after it the client no longer counts what a compaction took away
const STYLES = { dim: { dimColor: true }, yellow: { color: 'warning' }, red: { color: 'error' } } // as the status line
const TICK = 250 // ms between two looks at the prompt during the countdown

const ourCommands = new Set() // the bare commands that are this plugin's
let interactive = false
let working = false
let session = ''
let turn = '' // the turn that ends or ended, by its prompt id
let figures = null
let isCompacted = false // the client still counts what a compaction has taken away
let compaction = null // where the client compacts by itself, by its own word at a turn's end
let plan = null
let order = null
let wake = 0 // when an idle session is looked at, epoch seconds; 0: never
let begunOrder = '' // the last order begun
let heldReason = '' // why an order was left for a later turn
let promptCame = false // whether a prompt came in since the turn began
let counted = '' // the order whose countdown ran out
let counting = '' // what the countdown says: a list, the longest text first
let clearing = null // the session and the order of a /clear under way
let origin = null // those that this session comes from
let route = '' // the model that the requests of this session ask for, '' for the client's own
let clientModel = '' // the client's own, when the route began
let answers = '' // the model of the route, once that has answered
let said = '' // what the hooks had us tell the user last

export function register(on) {
  on('session.start', async ($, e, next) => {
    interactive = e.isInteractive === true
    session = await $.session.id()
    await tell($)
    await look($)
    if (!interactive) return next(e) // with -p a command of ours could not run another one
    if (await isWindows($)) return next(e) // nothing would answer
    if (wake) await doze($)
    await name($, 'handoff', 'Hand off this session; or: off, notify, write, auto, later', '[goal]')
    await name($, 'pickup', 'Pick up a waiting brief of this repository', '[id]')
    await name($, 'handoffs', 'List the briefs of this repository', '')
    await tell($)
    return next(e)
  })

  on('classic.SessionStart', async ($, e, next) => {
    if (e.session_id !== session) begin(e.session_id)
    origin = clearing ?? origin
    clearing = null
    isCompacted = e.source === 'compact'
    await tell($)
    const result = await next(e)
    await look($)
    if (isCompacted) $.clock.after(SETTLED, () => refresh($))
    if (interactive && wake) await doze($) // resumed, with a cache that is warm still
    if (order?.do === 'go' && order.id === origin?.id && order.id !== begunOrder) {
      begunOrder = order.id
      const prompt = order.prompt
      route = order.model ?? ''
      $.clock.after(SOON, () => $.prompt.submit({ text: prompt, asUser: true }))
    }
    return result
  })

  on('session.measure', async ($, e, next) => {
    isCompacted = false
    await tell($, true)
    draw($, (await ordered($)).meter)
    return next(e)
  })

  on('turn.start', async ($, e, next) => {
    if (e.agentId === undefined) {
      working = true
      promptCame = false
    }
    return next(e)
  })

  // Nothing of the user's is changed by this, as it would be by /model.
  on('turn.step', async function* ($, e, next) {
    if (e.agentId !== undefined) return yield* next(e)
    clientModel ||= route && e.model
    if (route && e.model !== clientModel) leaveRoute() // somebody chose another one since
    const done = yield* next(route ? { ...e, model: route } : e)
    if (route) answers = done.usage?.model ?? answers
    if (done.usage) isCompacted = false
    $.clock.after(SOON, () => refresh($)) // what this answer holds, and what the calls before it did
    return done
  })

  on('prompt.submit', async ($, e, next) => {
    if (e.origin?.kind !== 'plugin') promptCame = true
    return next(e)
  })

  on('classic.Stop', async ($, e, next) => {
    session = e.session_id
    turn = e.prompt_id ?? ''
    await tell($, true)
    const result = await next(e)
    await look($)
    if (isDue('clear') && !goesOn(result)) counted = (await countDown($, order.seconds, order.model)) ? order.id : ''
    return result
  })

  // The client shows nobody what the hooks of this event print: they leave it to us.
  on('classic.StopFailure', async ($, e, next) => {
    const result = await next(e)
    await look($)
    return result
  })

  on('turn.complete', async ($, e, next) => {
    const result = await next(e)
    if (e.agentId !== undefined) return result
    working = false
    if (route && !answers && e.reason === 'error') {
      $.ui.toast(`${route} did not answer; the next prompt goes to the client's own model`)
      leaveRoute()
    }
    if (interactive && wake) await doze($)
    if (e.reason !== 'answer') {
      if (isDue('clear')) {
        await stop($)
        print($, order.stopped) // Escape ended the hook of the turn's end, and with it what that says
      }
    } else if (isDue('handoff')) {
      $.clock.after(SOON, () => handOver($))
    } else if (isDue('clear') && counted === order.id) {
      $.clock.after(SOON, () => startNext($))
    } else if (isDue('clear')) {
      await stop($, 'auto mode stopped, as another hook kept this turn going')
    }
    return result
  })

  // What is changed here counts at once, not only from this turn's end on.
  on('command.run', { command: 'autocompact' }, async ($, e, next) => {
    const result = await next(e)
    await tell($, true)
    return result
  })

  on('command.run', { command: 'handoff' }, async ($, e, next) => {
    if (!ourCommands.has('handoff')) return next(e)
    const word = e.args.trim()
    if (MODES.includes(word)) return ask($, ['session', 'mode', word, '--session', session])
    if (word === 'later') return ask($, ['session', 'later', '--session', session])
    return forward($, HANDOFF, e.args)
  })

  on('command.run', { command: 'pickup' }, async ($, e, next) => {
    if (!ourCommands.has('pickup')) return next(e)
    return forward($, PICKUP, e.args)
  })

  on('command.run', { command: 'handoffs' }, async ($, e, next) => {
    if (!ourCommands.has('handoffs')) return next(e)
    return ask($, ['list', '--width', '44'], 'briefs of this repository')
  })

  on('ui.render', { component: 'AbovePrompt' }, async ($, e, next) => {
    const isOther = e.plugin !== undefined && e.plugin !== $.plugin.name
    const columns = e.props.bodyColumns ?? 80
    const isHeld = heldReason === 'typing' && order?.do === 'handoff'
    const now = isHeld ? 'brief waits until you are done typing' : plan?.now || (working ? '' : plan?.idle)
    const at = (await $.clock.now()) / 1000
    const line = counting ? { text: longest(counting, columns) } : meter(figures, plan && { ...plan, now }, columns, at)
    if (isOther || e.props.hasSurvey || !line) return next(e)
    const { Text } = $.ui.resolve(e)
    return Text({ ...STYLES[line.colour], wrap: 'truncate-end', children: [line.text] })
  })
}

function begin(id) {
  session = id
  turn = begunOrder = heldReason = counted = counting = ''
  figures = plan = order = origin = null
  isCompacted = false
  said = ''
  wake = 0
  leaveRoute()
}

function leaveRoute() {
  route = clientModel = answers = ''
}

/** Whether an order holds for the end of this turn and was not begun. */
function isDue(kind) {
  return order?.do === kind && order.turn === turn && order.id !== begunOrder
}

/** Whether a Stop hook, or a goal that is not met, makes the turn go on. */
function goesOn(result) {
  return Boolean(result?.block) || Boolean(result?.additionalContext?.length)
}

/**
 * The state directory, by the rule of plugin/handoff/base/paths.py; '' where no variable names it, as the
 * password file cannot be read here: then the hooks do it all themselves.
 */
async function home($) {
  if (await isWindows($)) return ''
  const places = [
    [await $.env.get('HANDOFF_HOME'), ''],
    [await $.env.get('XDG_STATE_HOME'), '/handoff'],
    [await $.env.get('HOME'), '/.local/state/handoff'],
  ]
  const [folder, below] = places.find(([path]) => path?.startsWith('/')) ?? ['', '']
  return folder + below
}

/** Native Windows is not supported: hooks.json says so, and nothing else happens. */
async function isWindows($) {
  return (await $.env.get('OS')) === 'Windows_NT'
}

/** Save what the hooks need to know. Where the client compacts is asked only at a turn's end. */
async function tell($, atEnd = false) {
  const usage = (atEnd && (await wholeUsage($))) || (await $.session.usage())
  const { window, breakdown } = usage.context
  const { tokens, percent } = isCompacted ? {} : usage.context
  const model = await $.session.model()
  if (breakdown) compaction = point(breakdown, model)
  figures = { ...usage, context: { tokens, window } }
  const reading = {
    at: (await $.clock.now()) / 1000,
    context: { tokens, window, percent },
    rateLimits: usage.rateLimits,
    cost: usage.cost,
    compaction,
    model,
    answers,
    session,
    turn,
    interactive,
    took: begunOrder,
    held: heldReason,
    said,
    shadowed: await shadowed($),
    commands: [...ourCommands],
    parent: origin?.session ?? '',
    order: origin?.id ?? '',
  }
  try {
    const folder = await home($) // if it is not there, the hooks make it, for its owner alone
    if (folder && (await $.fs.exists(folder))) await $.fs.write(`${folder}/mod/${session}.json`, JSON.stringify(reading))
  } catch {
    // without it the hooks do it all themselves
  }
}

/** Draw by the figures and the plan of this moment, which the end of a turn does too. */
async function refresh($) {
  const usage = await $.session.usage()
  const { tokens, window } = usage.context
  figures = { ...usage, context: isCompacted ? { window } : { tokens, window } }
  draw($, (await ordered($)).meter)
}

/** The figures with where the client compacts, which takes longer; null where it cannot say. */
async function wholeUsage($) {
  try {
    return await $.session.usage({ breakdown: 'summary' })
  } catch {
    return null
  }
}

/** Where the client compacts by itself, in tokens, 0 for never; null where it does not say. */
function point(breakdown, model) {
  const at = breakdown.isAutoCompactEnabled === false ? 0 : breakdown.autoCompactThreshold
  return at === undefined ? null : { at, source: breakdown.autocompactSource, model }
}

/** What the hooks wrote; {} where they have not run yet, or are off. */
async function ordered($) {
  try {
    const folder = await home($)
    return folder ? JSON.parse(await $.fs.read(`${folder}/next/${session}.json`)) : {}
  } catch {
    return {}
  }
}

/** Take up all that the hooks wrote: an order is for the end of a turn, and read there alone. */
async function look($) {
  const next = await ordered($)
  order = next.order ?? null
  wake = next.wake ?? 0
  if (interactive && next.say && next.say !== said) {
    const before = messages(said)
    said = next.say
    for (const message of messages(said)) if (!before.includes(message)) print($, message)
    await tell($)
  }
  draw($, next.meter)
}

/** The messages in what the hooks leave to be said, without our name. */
function messages(text) {
  return text.replace(/^handoff: /, '').split('\nhandoff: ')
}

/** Print a message that stays. The client puts the plugin's name in front and knows no line ends. */
function print($, message) {
  $.ui.log(message.replace(/([.:]?)\n/g, (_, end) => (end ? `${end} ` : ' · ')))
}

/** Draw by a plan. */
function draw($, meter) {
  plan = meter ?? null
  $.ui.invalidate('ui.render')
}

async function name($, command, description, argumentHint) {
  try {
    await $.command.register({ name: command, description, argumentHint })
    ourCommands.add(command)
  } catch {
    // the name is somebody else's: /handoff:handoff is there all the same
  }
}

/**
 * Our command names that another command has too, or that the client does not list as ours: what
 * runs by such a name may be a repository's own text (plugin/handoff/session/name_conflicts.py).
 */
async function shadowed($) {
  const isOurs = (command) => command.source === 'plugin' && command.plugin === $.plugin.name
  try {
    const listed = await $.command.list()
    return OURS.filter((name) => {
      const same = listed.filter((command) => command.name === name)
      return same.length === 0 || !same.every(isOurs)
    })
  } catch {
    return OURS
  }
}

/** Run one of our commands for its bare name, if nothing else has the name. */
async function forward($, command, args) {
  if ((await shadowed($)).length > 0) {
    const text = `handoff: /${command} was not run, because another command has the same name. Run: handoff doctor`
    return { text, isTextDisplayOnly: true }
  }
  $.clock.after(SOON, () => $.command.run({ command, args }))
  return {}
}

/** Run `/handoff`, unless somebody types or works, or the name is not ours alone. */
async function handOver($) {
  if (!isDue('handoff')) return
  const { text } = await $.prompt.read()
  heldReason = working ? 'busy' : text.trim() ? 'typing' : (await shadowed($)).length > 0 ? 'shadowed' : ''
  if (!heldReason) begunOrder = order.id
  await tell($)
  $.ui.invalidate('ui.render')
  if (!heldReason) await $.command.run({ command: HANDOFF })
}

/** Have the hooks look at this session at `wake`, if nothing happened in it until then. */
async function doze($) {
  const [whose, of] = [session, turn]
  const left = wake * 1000 - (await $.clock.now())
  $.clock.after(Math.max(left, SOON), async () => {
    if (working || session !== whose || turn !== of) return
    await ask($, ['idle', '--session', session])
    await handOver($)
  })
}

/** Whether the countdown ran out without a key; Escape ends the turn, and with it the hook. */
async function countDown($, seconds, model) {
  const who = model ? `a fresh session on ${model}` : 'a fresh session'
  const before = (await $.prompt.read()).text
  for (let left = seconds; left > 0; left -= 1) {
    const rest = `in ${left} s · Escape stops it`
    const text = `${who} continues ${rest}`
    counting = [`handoff: brief written · ${text}`, text, `fresh session ${rest}`]
    $.ui.invalidate('ui.render')
    for (let passed = 0; passed < 1000; passed += TICK) {
      await $.clock.sleep(TICK)
      if (promptCame || (await $.prompt.read()).text !== before) {
        await stop($, 'auto mode stopped, as you are typing')
        return false
      }
    }
  }
  return true
}

/** No relay after this turn; `why`, where the user is not told otherwise. */
async function stop($, why) {
  begunOrder = order.id
  counting = ''
  $.ui.invalidate('ui.render')
  if (why) $.ui.toast(`${why}; /clear continues from the brief`)
  await tell($)
}

/** Clear the conversation; the hooks of the new session say what comes then. */
async function startNext($) {
  counting = ''
  if (!isDue('clear') || working || promptCame) return
  begunOrder = order.id
  clearing = { session, id: order.id }
  try {
    await $.command.run({ command: 'clear' })
  } catch (error) {
    clearing = null
    $.ui.toast(`auto mode failed: ${error.message}; /clear continues from the brief`)
  }
}

/** Run one of the plugin's own programs, for a command that a person typed. */
/** What a command prints; below `title`, as the client puts the plugin's name before the first line. */
async function ask($, args, title = '') {
  let done
  try {
    done = await $.process.run([`${$.plugin.root}/bin/handoff`, ...args], { cwd: await $.session.cwd() })
  } catch (error) {
    return { text: String(error.message), isTextDisplayOnly: true }
  }
  await look($)
  const text = (done.stdout || done.stderr).trim()
  const head = title && done.stdout.trim() ? `${title}\n` : ''
  return { text: head + text || 'Nothing to show.', isTextDisplayOnly: true }
}
