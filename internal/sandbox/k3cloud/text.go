package k3cloud

import (
	"fmt"
	"strings"
)

// MsgCode says what kind of error an answer has. The names are published; that
// 8, 11 and 12 stand at the errors below is assumed, but for the duplicate
// number.
const (
	codeNone         = 0
	codeSessionLost  = 1
	codeNoRight      = 2
	codeNoOperation  = 3
	codeException    = 4
	codeNoForm       = 5
	codeDatabase     = 6
	codeLicence      = 7
	codeParameter    = 8
	codeNoSuchValue  = 9
	codeNothingFound = 10
	codeValidation   = 11
	codeNotOperable  = 12
	codeConflict     = 13
	codeCallLimit    = 14
	codeNoAdmin      = 15
)

// codeText is what the platform says along with an injected MsgCode. Those of 1
// and 2 are seen in the wild, the others assumed.
func codeText(code int) string {
	texts := map[int]string{
		codeSessionLost: textSessionLost, codeNoRight: "您没有该功能的操作权限",
		codeNoOperation: "操作标识不能为空", codeException: "未将对象引用设置到对象的实例。",
		codeNoForm: "表单标识不能为空", codeDatabase: "数据库操作失败", codeLicence: "子系统 库存管理 未购买",
		codeParameter: "参数错误", codeNoSuchValue: "指定的字段或值不存在", codeNothingFound: "没有找到数据",
		codeValidation: "数据校验不通过", codeNotOperable: "不可操作", codeConflict: "网络控制冲突，请稍后再试",
		codeCallLimit: "接口调用次数超过限制，请稍后再试", codeNoAdmin: "禁止使用管理员登录",
	}
	if known, ok := texts[code]; ok {
		return known
	}
	return "业务处理失败"
}

// Texts that were seen in captures or in published clients.
const (
	textSessionLost  = "会话信息已丢失，请重新登录"
	textBadPassport  = "Fail to verify third party passport"
	textNoDataCenter = "当前尝试登录的数据中心无法获取到"
	textAudited      = "单据已审核，不允许修改"
	textNoPrice      = "非赠品价格不能为 0"
)

// Texts that are assumed.
const (
	textBadLogin     = "用户名或密码错误"
	textBadApp       = "第三方系统登录授权验证失败"
	textForbidden    = "禁止使用用户名和密码登录，请使用第三方系统登录授权"
	textInReview     = "单据正在审核中，不允许修改"
	textAuditFailed  = "单据审核失败"
	textNotFromState = "单据状态为%s，不允许%s"
	textNoRows       = "单据体【明细信息】至少要有一行分录"
	textRepeated     = "重复提交了相同的数据包"
	textBadData      = "参数 data 不正确"
	textBadModel     = "Model 不正确"
	textBadFilter    = "过滤条件不正确"
)

func textDuplicate(number string) string {
	return "违反字段唯一性要求：编码唯一。[" + number + "]在当前系统中已经被使用。"
}

func textFieldMissing(name string) string { return "字段“" + name + "”是必填项" }

func textRowFieldMissing(row int, name string) string {
	return fmt.Sprintf("单据体实体【明细信息】第【%d】行分录，【%s】字段必录", row, name)
}

func textNoForm(id string) string {
	return "标识为“" + id + "”的业务对象不存在，或者被删除。"
}

func textNoField(key string) string { return "元数据中标识为" + key + "的字段不存在" }

func textNoNumbers(numbers []string) string {
	return `编码值["` + strings.Join(numbers, `","`) + `"]不存在`
}

// Assumed from here on.

func textNoIDs(ids []string) string { return `内码值["` + strings.Join(ids, `","`) + `"]不存在` }

func textUnknownCode(name, code string) string {
	return "字段“" + name + "”的值“" + code + "”在基础资料中不存在"
}

func textBadValue(name, sent string) string {
	return "字段“" + name + "”的值“" + sent + "”格式不正确"
}

func textShortStock(row int, material string) string {
	return fmt.Sprintf("第【%d】行分录，物料【%s】出库后库存为负", row, material)
}
