-- What a shard knows about itself; these keys have no lifetime, like the copies of epochs. ARGV: shift, act.
if ARGV[2] == 'run' then -- run id: when the store was first met in this run
    local run, at = string.match(redis.call('GET', P .. 'run') or '', '^(%S+) (%d+)$')
    if run ~= ARGV[3] then
        at = whole(now)
        redis.call('SET', P .. 'run', ARGV[3] .. ' ' .. at)
    end
    return { 'ok', whole(now), at }
elseif ARGV[2] == 'time' then
    return { 'ok', whole(now) }
elseif ARGV[2] == 'settle' then -- sequence, generation
    if redis.call('SETNX', P .. 'gen', ARGV[4]) == 1 or not redis.call('GET', P .. 'rev') then
        redis.call('SET', P .. 'rev', ARGV[3])
    end
end
return { 'ok', redis.call('GET', P .. 'gen') or '-', redis.call('GET', P .. 'rev') or '-' }
