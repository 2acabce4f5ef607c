-- GCRA. ARGV: shift, "t" take or "r" refund, then buckets: name, burst, period, mode. mode "a" never refuses,
-- but leaves the buckets after it one attempt at a time while it is over; "n" refuses; "k" refuses and heeds
-- no "a".
local strict, allowed, wait = false, true, 0
local buckets = {}
for i = 3, #ARGV, 4 do
    local b = { key = P .. 't:' .. ARGV[i], burst = tonumber(ARGV[i + 1]), period = tonumber(ARGV[i + 2]) }
    b.tat = math.max(now, tonumber(redis.call('GET', b.key) or 0))
    local burst = (strict and ARGV[i + 3] == 'n') and 1 or b.burst
    local over = b.tat - now - (burst - 1) * b.period
    b.full = b.burst * b.period
    if over > 0 and ARGV[i + 3] == 'a' then
        strict = true
    elseif over > 0 then
        allowed, wait = false, math.max(wait, over)
    end
    buckets[#buckets + 1] = b
end
if ARGV[2] == 't' and not allowed then
    return { '0', whole(wait) }
end
for _, b in ipairs(buckets) do
    local tat = math.min(b.tat + b.period, now + b.full)
    if ARGV[2] == 'r' then
        tat = b.tat - b.period
    end
    if tat > now then
        redis.call('SET', b.key, whole(tat), 'PX', whole(tat - now))
    else
        redis.call('DEL', b.key)
    end
end
return { '1', '0' }
