package stockouts

import (
	"fmt"
	"strconv"
)

// house is a warehouse as the merchant and its finance system know it.
type house struct{ no, name string }

// houses are all warehouses. One has a Chinese code, because signatures count
// its characters and not its bytes.
var houses = [...]house{
	{"WH01", "华东一仓"}, {"WH02", "华南仓"}, {"上海仓01", "上海保税仓"}, {"WH04", "北京顺义仓"}, {"CK-07", "广州退货仓"},
}

// area is a 地区 with the codes that the vendor gives instead of names.
type area struct {
	province, city, district             int64
	provinceName, cityName, districtName string
	street                               string
}

var areas = [...]area{
	{310000, 310100, 310115, "上海", "上海市", "浦东新区", "张江路88弄"},
	{330000, 330100, 330110, "浙江省", "杭州市", "余杭区", "文一西路969号"},
	{440000, 440300, 440305, "广东省", "深圳市", "南山区", "科技园中一路2号"},
	{510000, 510100, 510116, "四川省", "成都市", "双流区", "航空港锦华路三段1号"},
	{110000, 110100, 110113, "北京", "北京市", "顺义区", "后沙峪镇安富街6号"},
	{650000, 650100, 650102, "新疆维吾尔自治区", "乌鲁木齐市", "天山区", "新华南路1号 “汇通”大厦"},
}

var (
	brands     = [...]string{"青禾", "山野", "云朵", "小满", "木棉", "南风", "北辰", "拾光"}
	shopKinds  = [...]string{"旗舰店", "专卖店", "专营店", "折扣店", "企业店", "直播店", "分销店", "门店"}
	makes      = [...]string{"纯棉", "轻薄", "加厚", "儿童", "便携", "智能", "无糖", "双层"}
	articles   = [...]string{"短袖衬衫", "运动裤", "保温杯", "床上四件套", "坚果礼盒", "洗衣液", "电热水壶", "帆布包", "乌龙茶", "蓝牙耳机"}
	variants   = [...]string{"红色/M", "蓝色/L", "白色/XL", "500ml", "1.2L", "家庭装", "灰色/S", "礼盒装"}
	surnames   = [...]string{"王", "李", "张", "刘", "陈", "欧阳", "杨", "赵"}
	givenNames = [...]string{"小明", "丽", "建国", "子涵", "秀英", "一诺", "浩然", "雪"}
	carriers   = [...]house{{"SF", "顺丰速运"}, {"ZTO", "中通快递"}, {"YTO", "圆通速递"}, {"JD", "京东物流"}}
	// remarks are what people write to a document; most write nothing.
	remarks = [...]string{"", "", "", "尽快发货", "送礼,请勿放发票", "客户要求周六送达"}
	// strangeRemarks trip careless code: emoji, control characters, quotes,
	// backslashes, line breaks, full-width digits, a zero-width space.
	strangeRemarks = [...]string{
		"老客户👨‍👩‍👧‍👦,多送一份🎁", "第一行\r\n第二行\t制表", "响铃\a退格\b换页\f", `他说"要快",'今天'`,
		`路径 C:\新建\备注 \u0041`, "<b>加急</b>&amp;", "全角１２３，零宽\u200b空格", "'; drop table x; --",
	}
)

// platforms are the 平台ID of the shops in turn. 1 and 2 are the Taobao family,
// 127 a platform of the merchant's own; what 3 and 14 stand for is assumed.
var platforms = [...]int64{127, 1, 3, 1, 14, 2, 3, 127}

// taobao tells whether a platform belongs to the Taobao family (淘系). Both ids
// are assumed.
func taobao(platform int64) bool { return platform == 1 || platform == 2 }

// goods is one SKU (单品) by the serial number of its 货品 and its own number
// within it. Every fiftieth has codes of digits alone.
type goods struct {
	serial int32
	spec   uint8
}

func (g goods) no() string {
	if g.serial%50 == 49 {
		return strconv.Itoa(880000000 + int(g.serial))
	}
	return fmt.Sprintf("HP%07d", g.serial)
}

// specNo is the 商家编码.
func (g goods) specNo() string {
	if g.serial%50 == 49 {
		return fmt.Sprintf("%s%02d", g.no(), g.spec)
	}
	return fmt.Sprintf("%s-%02d", g.no(), g.spec)
}

// isSpecNo compares the end first: of thousands of lines few are put into words.
func (g goods) isSpecNo(code string) bool {
	end := len(code) - 2
	return end >= 0 && code[end] == '0'+g.spec/10 && code[end+1] == '0'+g.spec%10 && g.specNo() == code
}

func (g goods) id() int64 { return int64(g.serial) }

func (g goods) specID() int64 { return int64(g.serial)*100 + int64(g.spec) }

func (g goods) name() string {
	h := mix(0x600d5, uint64(g.serial))
	return brands[h%8] + makes[h>>8%8] + articles[h>>16%10]
}

// sellPrice is the 销售价, between 9.90 and 500 yuan.
func (g goods) sellPrice() Quantity {
	return Quantity(mix(0x9a1ce, uint64(g.specID()))%490+10)*One - 10*cent
}

// person is an invented name.
func person(h uint64) string { return surnames[h%8] + givenNames[h>>8%8] }
