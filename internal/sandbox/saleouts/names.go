package saleouts

import "strconv"

// CoID is the merchant's company number; its main warehouse has the same one.
const CoID int64 = 11053062

// SpecialShop is the shop that the mapping to 金蝶云星空 treats differently
// (another organisation, currency and department).
const SpecialShop int64 = 12948597

// Shop is one 店铺. A Taobao shop (淘系) is shown on Qimen only.
type Shop struct {
	ID       int64
	Name     string
	Platform string
	Taobao   bool
	Offline  bool
}

// shops are the shops a world takes its first n from.
var shops = [...]Shop{
	{ID: SpecialShop, Name: "环球优选跨境店", Platform: "亚马逊"},
	{ID: 11690153, Name: "青禾旗舰店", Platform: "天猫", Taobao: true},
	{ID: 11690202, Name: "小满抖音小店", Platform: "抖音"},
	{ID: 11690154, Name: "山野企业店", Platform: "淘宝", Taobao: true},
	{ID: 11690203, Name: "拾光拼多多店", Platform: "拼多多"},
	{ID: 11690301, Name: "杭州线下门店", Platform: "线下", Offline: true},
	{ID: 11690201, Name: "木棉京东自营店", Platform: "京东"},
	{ID: 11690204, Name: "南风快手店", Platform: "快手"},
	{ID: 11690205, Name: "云朵小红书店", Platform: "小红书"},
	{ID: 11690206, Name: "北辰\"有赞\"商城", Platform: "有赞"},
}

// Unmapped is the shop that the finance side has no customer for.
const Unmapped int64 = 11690203

// Warehouse is one 分仓, told by its wms_co_id.
type Warehouse struct {
	ID   int64
	Name string
}

// Code is the warehouse's code at the finance side: its wms_co_id.
func (w Warehouse) Code() string { return strconv.FormatInt(w.ID, 10) }

var warehouses = [...]Warehouse{{CoID, "主仓"}, {11053101, "华南分仓"}, {11053102, "上海保税仓"}}

// Carrier is one 快递公司.
type Carrier struct{ Code, Name string }

var carriers = [...]Carrier{{"SF", "顺丰速运"}, {"ZTO", "中通快递"}, {"YTO", "圆通速递"}, {"JD", "京东快递"}}

// Distributor is one 分销商; Code is what drp_co_id_from holds.
type Distributor struct{ Code, Name string }

var distributors = [...]Distributor{
	{"10521001", "杭州云栖分销有限公司"}, {"10521002", "广州白云供货商行"}, {"10521003", "成都锦里电商"},
}

// SKU is one 商品. Style is its i_id (款式编码).
type SKU struct {
	Code, Style, Name, Properties, Unit, Barcode string
}

var (
	articles = [...]string{"短袖衬衫", "运动裤", "保温杯", "床上四件套", "坚果礼盒", "洗衣液", "电热水壶", "帆布包", "乌龙茶", "蓝牙耳机"}
	variants = [...]struct{ code, text string }{
		{"RD-M", "红色;M"}, {"BL-L", "蓝色;L"}, {"500", "500ml"}, {"家庭装", "家庭装;2件"}, {"01", "默认"},
	}
	units = [...]string{"件", "个", "盒", ""}
)

// skus are all goods of a merchant, fifty; one style in ten has codes of digits
// alone, another is called by a name that trips careless code.
func skus() []SKU {
	var out []SKU
	for i, article := range articles {
		style := "YF" + strconv.Itoa(1001+i)
		for j, variant := range variants {
			s := SKU{Code: style + "-" + variant.code, Style: style, Name: article, Properties: variant.text,
				Unit: units[(i+j)%len(units)], Barcode: "69" + strconv.Itoa(10000000000+i*100+j)}
			switch i {
			case 3:
				s.Style = "00" + strconv.Itoa(880000+i)
				s.Code = s.Style + strconv.Itoa(j)
			case 7:
				s.Name = `12" ` + article + ` A&B <新品>😀`
			}
			out = append(out, s)
		}
	}
	return out
}

var (
	surnames = [...]string{"张", "王", "李", "赵", "欧阳", "陈"}
	cities   = [...]struct{ state, city, district, town string }{
		{"浙江省", "杭州市", "西湖区", "文新街道"}, {"上海", "上海市", "浦东新区", "张江镇"},
		{"广东省", "广州市", "天河区", "石牌街道"}, {"四川省", "成都市", "武侯区", ""},
		{"内蒙古自治区", "锡林郭勒盟", "锡林浩特市", ""},
	}
	remarks  = [...]string{"", "", "", "加急", "请放前台", "老客户,多送一份"}
	messages = [...]string{"", "", "", "尽快发货谢谢", "不要打电话"}
	tags     = [...]string{"", "", "延时发货", "延时发货,预售", "VIP"}
	staff    = [...]string{"川梣", "小满", ""}
	// oddTexts are remarks that trip careless code: an emoji of several code
	// points, control characters, quotes and backslashes, a zero-width space.
	oddTexts = [...]string{
		"好评返现😀👨‍👩‍👧", "前\u0001后\u0002缀", "制表\t换行\n回车\r\n结束", `他说"可以" 'ok' \ 和 /`,
		"零宽\u200b空格 全角１２３", "</script><b>&amp;{{io_id}}",
	}
)
