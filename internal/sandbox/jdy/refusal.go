package jdy

import (
	"net/http"
	"strconv"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// statusGateway is the HTTP status of every error of the gateway.
const statusGateway = 519

// statusBusiness is the HTTP status of a call that the service behind the
// gateway refuses (assumed).
const statusBusiness = http.StatusOK

// The codes of the gateway that this package answers with by itself; the others
// come from faults.
const (
	badAuthVersion   = 4001
	noClientID       = 4002
	badClientID      = 4003
	noClientSecret   = 4004
	badClientSecret  = 4005
	badTimestamp     = 4006
	badSignHeaders   = 4007
	badSignature     = 4008
	noToken          = 4009
	badToken         = 4010
	expiredToken     = 4011
	noSuchAPI        = 5001
	methodNotAllowed = 5002
)

// Codes of the services. Which code says that a rule refused a 商品 on V2, or
// that user or password is wrong on V1, is not published (assumed).
const (
	staleAppSecret = "1030002006"
	systemError    = "2000002000"
	ruleRefused    = "2000002001"
	badLogin       = "2000002002"
)

// gatewayTexts are description and description_cn of the gateway's codes.
var gatewayTexts = map[int][2]string{
	badAuthVersion:   {"auth version not supported", "不支持的认证版本"},
	noClientID:       {"client id is empty", "client id为空"},
	badClientID:      {"client id is invalid", "client id无效"},
	noClientSecret:   {"client secret is empty", "client secret为空"},
	badClientSecret:  {"client id or secret is invalid", "client id或secret无效"},
	badTimestamp:     {"timestamp is invalid", "时间戳无效"},
	badSignHeaders:   {"sign headers are invalid", "签名头无效"},
	badSignature:     {"signature is invalid", "签名无效"},
	noToken:          {"access token is empty", "access token为空"},
	badToken:         {"access token is invalid", "access token无效"},
	expiredToken:     {"access token is expired", "access token已过期"},
	4012:             {"no right to call this API", "无权调用此API"},
	5000:             {"internal service failed", "内部服务调用失败"},
	noSuchAPI:        {"API not found", "API不存在"},
	methodNotAllowed: {"method not allowed", "请求方法不允许"},
	5003:             {"API unavailable", "API不可用"},
	5004:             {"timeout", "调用超时"},
	5005:             {"cancelled", "调用被取消"},
	5006:             {"fused", "服务熔断"},
	5007:             {"overload", "服务过载"},
}

// businessTexts are the messages of the services' codes that are published.
var businessTexts = map[string]string{
	staleAppSecret: "授权密钥校验失败",
	systemError:    "系统错误",
}

// gatewayRefusal is an error of the gateway itself.
func (s *Server) gatewayRefusal(code int) answer {
	texts := gatewayTexts[code]
	o := jsonout.Begin(nil)
	o.Int(s.options.GatewayKey, int64(code))
	o.Text("description", texts[0])
	o.Text("description_cn", texts[1])
	event := meter.BadRequests
	if code < 5000 {
		event = meter.AuthFailures
	}
	return answer{statusGateway, o.End(), event}
}

// tooMany is a call beyond the limit. Only the status is published.
func (s *Server) tooMany() answer {
	o := jsonout.Begin(nil)
	o.Int(s.options.GatewayKey, http.StatusTooManyRequests)
	o.Text("description", "too many requests")
	o.Text("description_cn", "请求过于频繁")
	return answer{http.StatusTooManyRequests, o.End(), meter.Throttled}
}

// refuseCall is a V1 call that was not understood: outer success false.
func (s *Server) refuseCall(message string) answer {
	return refuseWithCode(systemError, message)
}

func refuseWithCode(code, message string) answer {
	o := jsonout.Begin(nil)
	o.Raw("success", "false")
	o.Text("errorCode", code)
	o.Text("message", message)
	o.Text("description_cn", message)
	return answer{statusBusiness, o.End(), meter.BadRequests}
}

// refuseV2 is the envelope of V2, which the V1 token calls share.
func refuseV2(code, message string) answer {
	o := jsonout.Begin(nil)
	o.Raw("errcode", code)
	o.Text("description", message)
	return answer{statusBusiness, o.End(), meter.BadRequests}
}

// forced is the refusal that a fault names by its code. Codes that are no number
// become a message of the service.
func (s *Server) forced(code string, v2 bool) answer {
	number, err := strconv.Atoi(code)
	if _, ok := gatewayTexts[number]; ok && err == nil {
		return s.gatewayRefusal(number)
	}
	message := businessTexts[code]
	if message == "" {
		message = "业务处理失败: " + code
	}
	if err != nil {
		code = systemError
	}
	if v2 {
		return refuseV2(code, message)
	}
	return refuseWithCode(code, message)
}
