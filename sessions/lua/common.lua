-- Shared by every act. KEYS[1] is the shard's prefix "{sN}:", which all keys of an act begin with; ARGV[1]
-- shifts the clock (tests; 0 otherwise). Times are milliseconds.
local P = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[1])

local function whole(n)
    return string.format('%d', n)
end

-- Keeps the key at least until the given moment.
local function keep(key, till)
    local ttl = math.max(1, till - now)
    if redis.call('PTTL', key) < ttl then
        redis.call('PEXPIRE', key, whole(ttl))
    end
end

-- A record is one string: a line of nine words, then the sealed body. See PROTOCOL-sessions.md.
local function load(key)
    local value = redis.call('GET', P .. 'r:' .. key)
    if not value then
        return nil
    end
    local r = { key = key, value = value }
    r.state, r.link, r.expires, r.made, r.up, r.status, r.bounds, r.life, r.extra, r.at =
        string.match(value, '^(%S+) (%d+) (%d+) (%d+) (%S+) (%S+) (%S+) (%S+) (%S+)\n()')
    r.link, r.expires = tonumber(r.link), tonumber(r.expires)
    if r.expires <= now then
        return nil
    end
    return r
end

local function save(r, body)
    local line = table.concat({ r.state, whole(r.link), whole(r.expires), r.made, r.up, r.status, r.bounds,
        r.life, r.extra }, ' ')
    redis.call('SET', P .. 'r:' .. r.key, line .. '\n' .. body, 'PX', whole(math.max(1, r.expires - now)))
end

local function body_of(r)
    return string.sub(r.value, r.at)
end

local function subject_of(r)
    return string.match(',' .. r.bounds, ',p:([^=,]+)=')
end

-- Two bits of a status list, least significant first; Redis counts bits from the most significant.
local function set_bits(ref, value)
    local list, index = string.match(ref, '^(%d+):(%d+)$')
    local key = list and P .. 'sl:' .. list
    if not key or redis.call('EXISTS', key) == 0 then
        return
    end
    local low = math.floor(index / 4) * 8 + 7 - 2 * (index % 4)
    redis.call('SETBIT', key, low, value % 2)
    redis.call('SETBIT', key, low - 1, math.floor(value / 2))
end

local function kill(r)
    set_bits(r.status, 1)
    redis.call('DEL', P .. 'r:' .. r.key)
    local subject = subject_of(r)
    if subject then
        redis.call('ZREM', P .. 'x:' .. subject, r.key)
    end
end
