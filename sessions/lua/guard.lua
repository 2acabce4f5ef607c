-- ARGV: shift, name, milliseconds to remember it.
return { redis.call('SET', P .. 'g:' .. ARGV[2], '1', 'NX', 'PX', ARGV[3]) and 'first' or 'seen' }
