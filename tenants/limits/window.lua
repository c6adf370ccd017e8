-- An exact rolling window of 60 seconds: one sorted set per caller, scored by the server's clock in microseconds.
-- KEYS[1] the caller's set; ARGV[1] limit, ARGV[2] 1 to count this call, 0 to look only.
-- Returns {admitted, used, oldest counted call in microseconds or 0, now in microseconds}.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000000)
local used = redis.call('ZCARD', KEYS[1])
local admitted = 0
if used < tonumber(ARGV[1]) then
  admitted = 1
  if ARGV[2] == '1' then
    -- Two calls may fall on one microsecond: the count makes the member its own.
    redis.call('ZADD', KEYS[1], now, string.format('%.0f:%d', now, used))
    redis.call('PEXPIRE', KEYS[1], 61000)
    used = used + 1
  end
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {admitted, used, oldest[2] and string.format('%.0f', oldest[2]) or '0', string.format('%.0f', now)}
