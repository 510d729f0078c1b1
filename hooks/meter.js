// What the line above the prompt says. Pure: figures and plan in, text and colour out.
//
// What there is to show is decided in plugin/handoff/session/line.py, whose `paint` draws the status
// line by the same rules: tests/mod/lines.js holds both to the same text and colour.

const CELLS = 10
const CAP_SHOWN_FROM = 50 // percent: below it a cap is no news while the context is small
const PARTS = ['context', 'cost_usd', 'five_hour', 'seven_day']
const CAPS = { five_hour: '5h', seven_day: '7d' }
const NEAR = 12 * 3600 // seconds

/**
 * The line for so many columns as `{text, colour}`, null where there is nothing to draw.
 *
 * `figures` is the client's own `{context, cost, rateLimits}`; `plan` what the hooks last wrote; `at`
 * the time in epoch seconds.
 */
export function meter(figures, plan, columns, at) {
  if (!plan?.show || !figures) return null
  const now = read(figures, plan)
  const over = passed(plan, now, 'handoff')
  const warned = over.length ? over : passed(plan, now, 'warn')
  const lead = warned[0] ?? 'context'
  const coming = sayComing(plan, now, lead, over.length > 0, warned.length > 0)
  const colour = over.length ? 'red' : warned.length ? 'yellow' : coming ? 'plain' : 'dim'
  // By what must stay longest; shown in this order.
  let pieces = [
    [3, bar(plan, now)],
    [lead === 'context' ? 0 : 2, sayContext(plan, now)],
    [0, lead === 'context' ? '' : sayPart(plan, now, lead, at)],
    [1, coming],
  ]
  for (const [rank, part] of [[4, 'cost_usd'], [5, 'five_hour'], [6, 'seven_day']]) {
    const isShown = colour !== 'dim' || part === 'cost_usd' || now[part] >= CAP_SHOWN_FROM
    if (part !== lead && isShown) pieces.push([rank, sayPart(plan, now, part, at)])
  }
  if (now.context === undefined && !coming && !now.cost_usd) {
    pieces[1] = [0, ''] // before the first answer there is nothing to say
    pieces = pieces.filter(([rank]) => rank !== 4)
  }
  pieces = pieces.filter(([, text]) => text)
  return pieces.length ? { text: fit(pieces, columns), colour } : null
}

/** `text` in so many columns. */
export function cut(text, columns) {
  if (text.length <= columns) return text
  return columns > 0 ? text.slice(0, columns - 1) + '…' : ''
}

/** The first of `texts` that fits; the last one, cut, where none does. */
export function longest(texts, columns) {
  return texts.find((text) => text.length <= columns) ?? cut(texts.at(-1), columns)
}

/** `182340` -> `182k`, `1000000` -> `1M`. */
export function thousands(count) {
  if (count >= 999_500) return String(Number((count / 1e6).toFixed(2))) + 'M'
  return count >= 1000 ? Math.round(count / 1000) + 'k' : String(count)
}

/** `14:00` today or within twelve hours, else `Thu 09:00`: local time. Both in epoch seconds. */
export function clock(moment, at) {
  const [then, today] = [new Date(moment * 1000), new Date(at * 1000)]
  const time = [then.getHours(), then.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
  if (moment - at < NEAR || then.toDateString() === today.toDateString()) return time
  return `${['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][then.getDay()]} ${time}`
}

/** The figures by the names of a threshold's parts, with when the caps reset. */
function read(figures, plan) {
  const { tokens, window } = figures.context ?? {}
  const now = { context: tokens ?? plan.tokens ?? undefined, window: plan.window ?? window, resets: {} }
  now.cost_usd = figures.cost?.usd
  for (const { kind, percentUsed, resetsAt } of figures.rateLimits ?? []) {
    now[kind] = percentUsed
    now.resets[kind] = seconds(resetsAt)
  }
  return now
}

/** Epoch seconds from seconds, milliseconds or an ISO date; 0 for anything else. */
function seconds(moment) {
  const number = typeof moment === 'string' ? Date.parse(moment) : moment
  return number > 1e11 ? number / 1000 : number > 0 ? number : 0
}

function passed(plan, now, name) {
  const limits = plan.limits[name] ?? {}
  return PARTS.filter((part) => limits[part] != null && now[part] >= limits[part])
}

/** What happens now, else what happens next; '' while that is far. */
function sayComing(plan, now, lead, isOver, isWarned) {
  if (plan.now) return plan.now
  const tokens = now.context
  if (tokens === undefined) return ''
  const said = plan.steps.findLast(([reached, , then]) => reached <= tokens && then)?.[2]
  if (said || isOver) return said ?? plan.over
  const limit = limitOf(plan, lead)
  if (lead !== 'context' && limit != null) return `${plan.at_handoff} at ${write(lead, limit)}`
  const isNear = plan.quiet !== null && tokens >= plan.quiet
  const step = plan.steps.find(([reached, what]) => reached > tokens && what)
  return step && (isNear || isWarned) ? `${step[1]} at ${thousands(step[0])}` : ''
}

function sayContext(plan, now) {
  if (now.context === undefined) return 'context not counted yet'
  const limit = limitOf(plan, 'context')
  const held = `context ${thousands(now.context)}`
  if (limit == null) return now.window ? `${held} of ${thousands(now.window)}` : held
  return now.context >= limit ? `${held}, over ${thousands(limit)}` : held
}

/** Cost or a cap: `$5.20, over $5.00`, `5h 91%, resets 14:00`; '' for an unknown one. */
function sayPart(plan, now, part, at) {
  const [figure, limit] = [now[part], limitOf(plan, part)]
  if (figure === undefined || figure === null) return ''
  const text = write(part, figure)
  if (part === 'cost_usd') return limit == null || figure < limit ? text : `${text}, over ${write(part, limit)}`
  const resets = now.resets[part] && figure >= CAP_SHOWN_FROM ? `, resets ${clock(now.resets[part], at)}` : ''
  return `${CAPS[part]} ${text}${resets}`
}

function write(part, figure) {
  return part === 'cost_usd' ? '$' + figure.toFixed(2) : Math.round(figure) + '%'
}

/** Where a part of the handoff threshold is; null or undefined where it has none. */
function limitOf(plan, part) {
  return plan.limits.handoff?.[part]
}

/** `████░░│░░░`: full at the handoff threshold, a mark at the warn threshold that lies ahead. */
function bar(plan, now) {
  const full = limitOf(plan, 'context') ?? now.window
  const mark = plan.limits.warn?.context
  const tokens = now.context
  if (!full || tokens === undefined) return ''
  const filled = Math.min(CELLS, Math.floor((CELLS * tokens) / full))
  const drawn = [...'█'.repeat(filled), ...'░'.repeat(CELLS - filled)]
  if (mark != null && tokens < mark && mark < full) drawn[Math.floor((CELLS * mark) / full)] = '│'
  return drawn.join('')
}

function fit(pieces, columns) {
  let kept = pieces
  const least = () => Math.max(...kept.map(([rank]) => rank))
  while (join(kept).length > columns && least() > 1) {
    const rank = least()
    kept = kept.filter((piece) => piece[0] !== rank)
  }
  const text = join(kept)
  return text.length <= columns ? text : cut(join(kept.map(([rank, piece]) => [rank, piece.split(', over ')[0]])), columns)
}

/** The bar stands before the figures without a dot. */
function join(pieces) {
  const text = pieces.map(([, piece]) => piece).join(' · ')
  return pieces.length > 1 && pieces[0][0] === 3 ? text.replace(' · ', ' ') : text
}
