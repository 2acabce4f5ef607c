-- A revocation applied to one shard. ARGV: shift, seq, act (r revoke, s suspend, z resume), scope (p q s l c
-- e), subject or "-", target, a time before which it must have been made (0: any), then kind, id, value of
-- each epoch that is raised, and "1" when its copy lives in this shard. The list of what was killed is kept
-- under the sequence number until it is forgotten: applying again gives it again and does nothing.
local seq, act, scope, subject, target = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local before = tonumber(ARGV[7] or 0)
if act == 'f' then
    redis.call('DEL', P .. 'kl:' .. seq)
    return { 'ok' }
end
local kept = redis.call('GET', P .. 'kl:' .. seq)
if kept then
    return cmsgpack.unpack(kept)
end

local raised = {}
for i = 8, #ARGV, 4 do
    local key, value = P .. 'e:' .. ARGV[i] .. ':' .. ARGV[i + 1], tonumber(ARGV[i + 2])
    raised[ARGV[i] .. ':' .. ARGV[i + 1]] = value
    if ARGV[i + 3] == '1' and tonumber(redis.call('GET', key) or -1) < value then
        redis.call('SET', key, whole(value))
    end
end

-- Whether the record is bound to this name, under an epoch that the act has ended. What was made under the
-- new epoch is spared: a replay must not kill what came after.
local function bound(r, kind, id)
    for k, name, value in string.gmatch(r.bounds, '(%a):([^=,]+)=?(%d*)') do
        if k == kind and name == id then
            local limit = act == 'r' and raised[kind .. ':' .. id]
            return not limit or value == '' or tonumber(value) < limit
        end
    end
    return false
end

local function concerned(r)
    if before > 0 and tonumber(r.made) > before then
        return false
    end
    if scope == 's' or scope == 'l' then
        if r.key == 's' .. target or r.up == 's' .. target then
            return true
        end
        -- who only signs out (l) keeps the families that she allowed to outlive her session
        return (scope == 's' or string.sub(r.key, 1, 1) ~= 'f') and bound(r, 's', target)
    end
    return scope ~= 'e' and bound(r, scope, scope == 'p' and subject or target)
end

local answer, hit, tokens, spared = { 'ok', '0' }, {}, {}, 0

local function strike(r)
    hit[r.key] = true
    for _, value in ipairs({ r.key, r.status, r.bounds, r.extra, r.up }) do
        answer[#answer + 1] = value
    end
    if act == 'r' then
        kill(r)
    else
        set_bits(r.status, act == 's' and 2 or 0)
    end
end

local members = subject ~= '-' and scope ~= 'e' and redis.call('ZRANGE', P .. 'x:' .. subject, 0, -1) or {}
for _, member in ipairs(members) do
    local r = load(member)
    if r and r.bounds == '-' then
        tokens[#tokens + 1] = r
    elseif r and concerned(r) then
        strike(r)
    elseif r and string.sub(member, 1, 1) == 's' then
        spared = spared + 1
    end
end
for _, r in ipairs(tokens) do
    if hit[r.up] then
        if act == 'r' then
            redis.call('ZREM', P .. 'x:' .. subject, r.key)
        end
        strike(r)
    end
end
answer[2] = whole(spared)

if tonumber(redis.call('GET', P .. 'rev') or -1) < tonumber(seq) then
    redis.call('SET', P .. 'rev', seq)
end
if #answer > 2 then -- an empty list comes out again by itself; a replay of what stands writes nothing
    redis.call('SET', P .. 'kl:' .. seq, cmsgpack.pack(answer), 'EX', 604800)
end
return answer
