-- ARGV: shift, kind, id, and a value to set it to unless it is higher, or "?" to read.
local key = P .. 'e:' .. ARGV[2] .. ':' .. ARGV[3]
local copy = tonumber(redis.call('GET', key) or -1)
if ARGV[4] ~= '?' and copy < tonumber(ARGV[4]) then
    copy = tonumber(ARGV[4])
    redis.call('SET', key, whole(copy))
end
return { 'ok', whole(copy) }
