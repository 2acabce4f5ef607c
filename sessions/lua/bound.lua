-- Bound records. ARGV[2]: "1" when client, upstream and system epochs live in this shard too; ARGV[3]: random
-- candidates for a status index, or "-"; from ARGV[4] on a run of operations. Every check is made before the
-- first write, so an act that is refused leaves nothing behind, but for the two refusals that kill (a used
-- code, an old link).
local everything = ARGV[2] == '1'
local here = { p = true, q = true, c = everything, u = everything, y = everything }
local copies = {}
local INDEX_MAX, SESSIONS_MAX, CLIENTS_MAX = 4096, 256, 64

-- nil when the record's epoch is the present one, else the answer that refuses.
local function compare(kind, id, value)
    local name = kind .. ':' .. id
    local copy = copies[name]
    if copy == nil then
        copy = tonumber(redis.call('GET', P .. 'e:' .. name) or -1)
        copies[name] = copy
    end
    if copy < value then
        return { 'missing', kind, id, whole(value) }
    end
    return copy > value and { 'stale' } or nil
end

local function compare_all(bounds)
    for kind, id, value in string.gmatch(bounds, '(%a):([^=,]+)=(%d+)') do
        local refusal = here[kind] and compare(kind, id, tonumber(value))
        if refusal then
            return refusal
        end
    end
end

-- The record and what it hangs on, root last; or nil and the answer that refuses.
local function chain(key)
    local all, name = {}, key
    repeat
        local r = load(name)
        if not r then
            return nil, { name == key and 'gone' or 'stale' }
        end
        local refusal = compare_all(r.bounds)
        if refusal then
            return nil, refusal
        end
        all[#all + 1] = r
        name = r.up
    until name == '-' or #all == 3
    return all
end

local function slide(r)
    local idle, ends, seen = string.match(r.life, '^(%d+):(%d+):(%d+)$')
    if not idle or now - seen < 30000 then
        return
    end
    r.expires = math.min(now + idle, tonumber(ends))
    r.life = idle .. ':' .. ends .. ':' .. whole(now)
    save(r, body_of(r))
    local subject = subject_of(r)
    if subject then
        redis.call('ZADD', P .. 'x:' .. subject, whole(r.expires), r.key)
        keep(P .. 'x:' .. subject, r.expires)
    end
end

local function crowded(subject, key)
    local index = P .. 'x:' .. subject
    redis.call('ZREMRANGEBYSCORE', index, '-inf', whole(now))
    local count = redis.call('ZCARD', index)
    if count < SESSIONS_MAX then
        return false
    end
    if string.sub(key, 1, 1) == 's' then
        local sessions = 0
        for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
            sessions = sessions + (string.sub(member, 1, 1) == 's' and 1 or 0)
        end
        if sessions >= SESSIONS_MAX then
            return true
        end
    end
    return count >= INDEX_MAX
end

-- A status list lives as long as the last record in it.
local function hold(list, expires)
    keep(P .. 'sl:' .. list, expires)
    keep(P .. 'su:' .. list, expires)
    keep(P .. 'sn', expires + 86400000)
end

-- An unused index at random. A list in which all candidates are used counts as full, and one that has expired
-- is never opened again: the next number begins.
local function draw(expires)
    local n = tonumber(redis.call('GET', P .. 'sn') or -1)
    local open = n >= 0 and redis.call('EXISTS', P .. 'sl:' .. whole(n)) == 1
    local chosen, first
    for candidate in string.gmatch(ARGV[3], '%d+') do
        first = first or candidate
        if open and redis.call('SETBIT', P .. 'su:' .. whole(n), candidate, 1) == 0 then
            chosen = candidate
            break
        end
    end
    if not chosen then
        n, chosen = n + 1, first
        redis.call('SET', P .. 'sn', whole(n), 'KEEPTTL')
        redis.call('SETBIT', P .. 'sl:' .. whole(n), 262143, 0)
        redis.call('SETBIT', P .. 'su:' .. whole(n), chosen, 1)
    end
    hold(whole(n), expires)
    return whole(n) .. ':' .. chosen
end

local answer = { 'ok', whole(now), '-' }

-- "keep" and "stay": a record of this name under the same bounds passes on its status index and its end, if that is
-- later. Without one "keep" draws.
local function renew(r)
    if r.status ~= 'keep' and r.status ~= 'stay' then
        return
    end
    local old = load(r.key)
    old = old and old.bounds == r.bounds and old
    r.expires = old and math.max(r.expires, old.expires) or r.expires
    if old and old.status ~= '-' then
        hold(string.match(old.status, '^%d+'), r.expires)
        r.status, answer[3] = old.status, old.status
    else
        r.status = r.status == 'keep' and 'draw' or '-'
    end
end
local found = {}

local function lister(subject)
    return subject ~= '' and subject or found[1] and subject_of(found[1]) or '-'
end

-- name → { arity, check, write }. A check gives the answer that refuses, or nil.
local operations = {
    -- the epoch of now must be the given one: kind, id, value
    E = { 3, function(a) return compare(a[1], a[2], tonumber(a[3])) end },
    -- fetch key; "1" slides its idle end
    F = { 2, function(a)
        local all, refusal = chain(a[1])
        if refusal then
            return refusal
        end
        found = all
        for _, r in ipairs(all) do
            answer[#answer + 1] = r.value
        end
    end, function(a)
        if a[2] == '1' then
            slide(found[1])
        end
    end },
    -- put: key, up ("+…": put by this very act), bounds, life, idle, ends, extra, status ("-", "draw", "keep", "stay"),
    -- subject ("": the fetched record's), body
    P = { 10, function(a)
        if string.match(a[2], '^%a') and not (found[1] and found[1].key == a[2]) then
            local _, refusal = chain(a[2])
            if refusal then
                return refusal
            end
        end
        a[9] = lister(a[9])
        if a[9] ~= '-' and crowded(a[9], a[1]) then
            return { 'full' }
        end
    end, function(a)
        local ends = tonumber(a[6])
        local expires = now + a[4]
        if ends > 0 then
            expires = math.min(expires, ends)
        end
        local r = { key = a[1], state = 'L', link = 0, expires = expires, made = whole(now),
            up = string.gsub(a[2], '^%+', ''), status = a[8],
            bounds = a[3], life = '-', extra = a[7] }
        if a[5] ~= '0' then
            r.life = a[5] .. ':' .. a[6] .. ':' .. whole(now)
        end
        renew(r)
        if r.status == 'draw' then
            r.status = draw(ends > 0 and ends or r.expires)
            answer[3] = r.status
        end
        save(r, a[10])
        a[9] = lister(a[9])
        if a[9] ~= '-' then
            redis.call('ZADD', P .. 'x:' .. a[9], whole(r.expires), a[1])
            keep(P .. 'x:' .. a[9], r.expires)
        end
    end },
    -- swap: key, expected link, new state, new extra ("=" keeps), "1" and a body, "k": being used already
    -- kills what it made
    W = { 6, function(a)
        local r = load(a[1])
        if not r then
            return { 'gone' }
        end
        if r.state ~= 'L' or r.link ~= tonumber(a[2]) then
            local made = a[6] == 'k' and r.extra ~= '-' and load(r.extra)
            if made then
                kill(made)
            end
            return { 'spent' }
        end
        local _, refusal = chain(a[1])
        return refusal
    end, function(a)
        local r = load(a[1])
        r.state, r.link = a[3], r.link + 1
        r.extra = a[4] == '=' and r.extra or a[4]
        if r.state == 'U' then -- what is left only says that it was used, and what it made
            local subject = subject_of(r)
            if subject then
                redis.call('ZREM', P .. 'x:' .. subject, r.key)
            end
            r.up, r.bounds, r.life = '-', '-', '-'
        end
        save(r, string.sub(a[5], 1, 1) == '1' and string.sub(a[5], 2) or body_of(r))
    end },
    -- turn to the next link: key, presented link, grace, answer for a retry, "1" turns and "0" only asks
    T = { 5, function(a)
        local all, refusal = chain(a[1])
        if refusal then
            return refusal
        end
        local r, link = all[1], tonumber(a[2])
        if r.link == link then
            return nil
        end
        local kept = r.link == link + 1 and r.extra ~= '-' and now - r.extra <= tonumber(a[3])
            and redis.call('GET', P .. 'a:' .. a[1])
        if kept then
            return { 'again', kept, r.value }
        end
        kill(r)
        return { 'spent' }
    end, function(a)
        if a[5] ~= '1' then
            return
        end
        local r = load(a[1])
        r.link, r.extra = r.link + 1, whole(now)
        save(r, body_of(r))
        redis.call('SET', P .. 'a:' .. a[1], a[4], 'PX', a[3])
    end },
    -- join: session key, client
    J = { 2, function(a)
        local all, refusal = chain(a[1])
        if refusal then
            return refusal
        end
        local _, commas = string.gsub(all[1].extra, ',', '')
        local there = string.find(',' .. all[1].extra .. ',', ',' .. a[2] .. ',', 1, true)
        if commas + 1 >= CLIENTS_MAX and not there then
            return { 'full' }
        end
    end, function(a)
        local r = load(a[1])
        if string.find(',' .. r.extra .. ',', ',' .. a[2] .. ',', 1, true) then
            return
        end
        r.extra = r.extra == '-' and a[2] or r.extra .. ',' .. a[2]
        save(r, body_of(r))
    end },
    -- kill: key; nothing to do is fine
    K = { 1, nil, function(a)
        local r = load(a[1])
        if r then
            kill(r)
        end
    end },
    -- note: subject ("-": the fetched record's), sealed line
    N = { 2, nil, function(a)
        local subject = a[1] ~= '-' and a[1] or ''
        for _, r in ipairs(found) do
            subject = subject ~= '' and subject or subject_of(r) or ''
        end
        redis.call('XADD', P .. 'au', 'MAXLEN', '~', '1000000', '*', 's', subject, 'n', a[2])
        redis.call('EXPIRE', P .. 'au', 2592000)
    end },
}

local function walk(part)
    local i = 4
    while i <= #ARGV do
        local op = operations[ARGV[i]]
        local args = {}
        for j = 1, op[1] do
            args[j] = ARGV[i + j]
        end
        i = i + op[1] + 1
        local refusal = op[part] and op[part](args)
        if refusal then
            return refusal
        end
    end
end

local refusal = walk(2)
if refusal then
    return refusal
end
walk(3)
return answer
