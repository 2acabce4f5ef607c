-- The audit stream. ARGV: shift, act: "read" position limit, "drop" position, "add" subject line.
local key = P .. 'au'
if ARGV[2] == 'add' then
    redis.call('XADD', key, 'MAXLEN', '~', '1000000', '*', 's', ARGV[3], 'n', ARGV[4])
    redis.call('EXPIRE', key, 2592000)
    return { 'ok' }
elseif ARGV[2] == 'read' then
    local answer = { 'ok' }
    for _, entry in ipairs(redis.call('XRANGE', key, '(' .. ARGV[3], '+', 'COUNT', ARGV[4])) do
        for _, value in ipairs({ entry[1], entry[2][2], entry[2][4] }) do
            answer[#answer + 1] = value
        end
    end
    return answer
end
-- Everything up to the position goes: the next possible id is the first that stays.
local ms, n = string.match(ARGV[3], '^(%d+)%-(%d+)$')
redis.call('XTRIM', key, 'MINID', ms .. '-' .. whole(n + 1))
return { 'ok' }
