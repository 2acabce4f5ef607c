-- ARGV: shift, and the number of a list to read, or "?" for the numbers of those that exist. Lists end one by
-- one and out of order; a run of 64 absent ones is taken for the end.
if ARGV[2] ~= '?' then
    local bits = redis.call('GET', P .. 'sl:' .. ARGV[2])
    return bits and { 'ok', bits } or { 'gone' }
end
local answer, absent = { 'ok' }, 0
local n = tonumber(redis.call('GET', P .. 'sn') or -1)
while n >= 0 and absent < 64 do
    if redis.call('EXISTS', P .. 'sl:' .. whole(n)) == 1 then
        answer[#answer + 1] = whole(n)
        absent = 0
    else
        absent = absent + 1
    end
    n = n - 1
end
return answer
