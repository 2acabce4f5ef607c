-- The live sessions of a subject, but those under an epoch that is known to have ended. ARGV: shift, subject.
local answer = { 'ok' }
for _, member in ipairs(redis.call('ZRANGE', P .. 'x:' .. ARGV[2], 0, -1)) do
    local r = string.sub(member, 1, 1) == 's' and load(member)
    local live = r
    for kind, id, value in string.gmatch(r and r.bounds or '', '(%a):([^=,]+)=(%d+)') do
        local copy = tonumber(redis.call('GET', P .. 'e:' .. kind .. ':' .. id) or -1)
        live = live and copy <= tonumber(value)
    end
    if live then
        answer[#answer + 1] = member
        answer[#answer + 1] = r.value
    end
end
return answer
