package world

import (
	"fmt"
	"strconv"
	"strings"
)

// place is a warehouse as both systems know it.
type place struct{ no, name string }

// warehouses are the warehouses a world takes its first n from. One has a
// Chinese code, because signatures count its characters and not its bytes.
var warehouses = [...]place{
	{"WH01", "华东一仓"}, {"WH02", "华南仓"}, {"上海仓01", "上海保税仓"}, {"WH04", "北京顺义仓"},
	{"WH05", "成都双流仓"}, {"WH06", "武汉东西湖仓"}, {"CK-07", "广州退货仓"}, {"WH08", "杭州门店仓"},
	{"WH09", "天津港仓"}, {"WH10", "郑州中转仓"}, {"WH11", "西安高新仓"}, {"WH12", "沈阳仓"},
	{"WH13", "厦门跨境仓"}, {"WH14", "南京江宁仓"}, {"WH15", "重庆仓"}, {"WH16", "昆明仓"},
}

var (
	brands   = [...]string{"青禾", "山野", "云朵", "小满", "木棉", "南风", "北辰", "拾光"}
	makes    = [...]string{"纯棉", "轻薄", "加厚", "儿童", "便携", "智能", "无糖", "双层"}
	articles = [...]string{"短袖衬衫", "运动裤", "保温杯", "床上四件套", "坚果礼盒", "洗衣液", "电热水壶", "帆布包", "乌龙茶", "蓝牙耳机"}
	variants = [...]string{"红色/M", "蓝色/L", "白色/XL", "500ml", "1.2L", "家庭装", "灰色/S", "礼盒装"}
	// curious are names that trip careless code: quotes, a backslash, a line
	// break, full-width digits, a zero-width space, a character beyond the BMP.
	curious = [...]string{`12" 平板支架`, `C:\测试\货品`, "双行\n名称", "全角１２３号", "零宽\u200b空格", "笑脸😀贴纸", "A&B <新品>", "尾空格 "}
)

// goods is one 货品, told by its serial number. An all-digit one has codes
// without letters, so that a system may send them as JSON numbers.
type goods struct {
	serial int32
	digits bool
}

func (g goods) no() string {
	if g.digits {
		return strconv.Itoa(880000000 + int(g.serial))
	}
	return fmt.Sprintf("HP%07d", g.serial)
}

// specNo is the 商家编码 of the goods' spec number n, which counts from 1.
func (g goods) specNo(n uint8) string {
	if g.digits {
		return fmt.Sprintf("%s%02d", g.no(), n)
	}
	return fmt.Sprintf("%s-%02d", g.no(), n)
}

func (g goods) barcode(n uint8) string {
	return fmt.Sprintf("69%09d%02d", g.serial, n)
}

func (g goods) name(seed uint64) string {
	h := mix(seed, uint64(g.serial))
	if h%97 == 0 {
		return curious[h/97%uint64(len(curious))]
	}
	return brands[h%8] + makes[h>>8%8] + articles[h>>16%10]
}

func (g goods) specName(seed uint64, n uint8) string {
	return variants[(mix(seed, uint64(g.serial))+uint64(n))%8]
}

// parseSpecNo finds the goods and spec behind a 商家编码. ok is false for a code
// that no world gives out.
func parseSpecNo(code string) (g goods, spec uint8, ok bool) {
	digits, letters := strings.CutPrefix(code, "HP")
	if letters {
		digits = strings.Replace(digits, "-", "", 1)
	} else {
		digits = strings.TrimPrefix(code, "88")
	}
	g.digits = !letters
	g.serial, spec = splitSerial(digits)
	return g, spec, g.specNo(spec) == code
}

// parseBarcode finds the serial number of the goods, and the spec, behind a
// barcode.
func parseBarcode(code string) (serial int32, spec uint8, ok bool) {
	serial, spec = splitSerial(strings.TrimPrefix(code, "69"))
	return serial, spec, goods{serial: serial}.barcode(spec) == code
}

// splitSerial reads a serial number followed by two digits of spec number, or
// zeros from a text that is not one.
func splitSerial(digits string) (serial int32, spec uint8) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n/100 > 2*maxRows {
		return 0, 0
	}
	return int32(n / 100), uint8(n % 100)
}
