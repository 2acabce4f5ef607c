-- A QR order is one string: "state version tries created deadline by why", then the sealed body. ARGV: shift,
-- act, id, and what the act needs. Done and dead orders stay readable for a minute, so that both screens can
-- say why.
local act, key = ARGV[2], P .. 'o:' .. ARGV[3]
local LINGER = 60000
local o

local function save(body)
    local line = table.concat({ o.state, whole(o.version), whole(o.tries), whole(o.created),
        whole(o.deadline), o.by, o.why }, ' ')
    o.value = line .. '\n' .. body
    redis.call('SET', key, o.value, 'PX', whole(math.max(1, o.deadline - now)))
end

local function die(why)
    o.state, o.why, o.version, o.deadline = 'dead', why, o.version + 1, now + LINGER
    save(o.body)
end

local function reply(word)
    return { word, whole(now), o.value }
end

-- "" keeps the body, "1…" replaces it.
local function body_after(arg)
    return arg == '' and o.body or string.sub(arg, 2)
end

if act == 'begin' then
    o = { state = 'shown', version = 0, tries = 0, created = now, deadline = now + ARGV[4], by = '-',
        why = '-' }
    save(ARGV[5])
    return reply('ok')
end

local value = redis.call('GET', key)
if not value then
    return { 'gone' }
end
o = { value = value }
local at
o.state, o.version, o.tries, o.created, o.deadline, o.by, o.why, at =
    string.match(value, '^(%a+) (%d+) (%d+) (%d+) (%d+) (%S+) (%S+)\n()')
o.body = string.sub(value, at)
for _, name in ipairs({ 'version', 'tries', 'created', 'deadline' }) do
    o[name] = tonumber(o[name])
end
if o.deadline <= now then
    return { 'gone' }
end
local ended = o.state == 'done' or o.state == 'dead'

if act == 'find' then
    return reply('ok')
elseif ended then
    return reply('spent')
elseif act == 'take' then -- by, new lifetime, body
    if o.by == ARGV[4] then
        return reply('ok')
    elseif o.state ~= 'shown' then
        die('second')
        return reply('spent')
    end
    o.state, o.by, o.version, o.deadline = 'taken', ARGV[4], o.version + 1, now + ARGV[5]
    save(body_after(ARGV[6]))
    return reply('ok')
elseif act == 'step' then -- version, to, body
    if o.version ~= tonumber(ARGV[4]) then
        return reply('spent')
    end
    o.state, o.version = ARGV[5], o.version + 1
    if o.state == 'done' then
        o.deadline = now + LINGER
    end
    save(body_after(ARGV[6]))
    return reply('ok')
elseif act == 'try' then -- most tries
    if o.state ~= 'approved' then
        return reply('spent')
    elseif o.tries >= tonumber(ARGV[4]) then
        die('digits')
        return reply('spent')
    end
    o.tries, o.version = o.tries + 1, o.version + 1
    save(o.body)
    return reply('ok')
end
die(ARGV[4]) -- kill: why
return reply('ok')
