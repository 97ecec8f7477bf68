package jdy

// Kind is the JSON type of a field.
type Kind string

const (
	// Text is a string; a number is taken too.
	Text Kind = "text"
	// Flag is true or false; "true", "false", "1" and "0" are taken too.
	Flag Kind = "flag"
	// Number is a number, or text that is one.
	Number Kind = "number"
	// Figure is text that is a decimal.
	Figure Kind = "figure"
	// List is an array of rows, or of texts where Rows is empty.
	List Kind = "list"
)

// Field is one member of a 商品.
type Field struct {
	// Key is the member's name, Name the platform's 名称.
	Key, Name string
	Kind      Kind
	// Rows are the members of a sub-table's rows. All of them are assumed: they are
	// the newer generation's names, written as V1 writes its own.
	Rows []string
	// IsCommand says that the field tells the platform what to do with the others
	// and is no property of the material.
	IsCommand bool
}

// Fields are the members of a 商品 in V1. The project's list calls all of them
// text; the types are those of the newer generation. Only name and baseunitid_id
// are known to be mandatory, and number where the account has no numbering rule.
func Fields() []Field {
	text := func(key, name string) Field { return Field{Key: key, Name: name, Kind: Text} }
	flag := func(key, name string) Field { return Field{Key: key, Name: name, Kind: Flag} }
	figure := func(key, name string) Field { return Field{Key: key, Name: name, Kind: Figure} }
	number := func(key, name string) Field { return Field{Key: key, Name: name, Kind: Number} }
	return []Field{
		{Key: "id", Name: "商品id", Kind: Text, IsCommand: true}, text("number", "商品编码"), text("name", "商品名称"),
		text("parent_id", "商品类别id"), text("mullabel_number", "商品标签编码"), text("model", "规格型号"), text("barcode", "条形码"),
		text("brandid_id", "品牌"), text("producingpace", "产地"), text("helpcode", "助记码"), text("remark", "商品描述"),
		text("baseunitid_id", "计量单位id"), text("purchaseunitid_id", "采购单位"), text("saleunitid_id", "销售单位"),
		text("storeunitid_id", "库存单位"), text("auxunitid_id", "报表辅助单位"), flag("ismulti_unit", "是否启用多单位"),
		text("fixunit1_id", "辅助单位"), text("fixunit2_id", "辅助单位2"), text("fixunit3_id", "辅助单位3"),
		number("coefficient1", "换算率1"), number("coefficient2", "换算率2"), number("coefficient3", "换算率3"),
		text("conversionunitid1_id", "换算单位1"), text("conversionunitid2_id", "换算单位2"), text("conversionunitid3_id", "换算单位3"),
		flag("isserial", "是否启用序列号管理"), flag("isbatch", "是否启用批次管理"), flag("isweight", "是否启用称重"),
		flag("iskfperiod", "是否启用保质期"), figure("kfperiod", "保质期"), text("kfperiodtype", "保质期单位"), figure("alarmday", "预警天数"),
		flag("issale", "是否可销售"), flag("ispurchase", "是否可采购"), flag("issubpart", "是否可为子件"),
		flag("isassembly", "是否可为组件"), flag("isasstattr", "是否启用辅助属性"),
		{Key: "auxentity", Name: "辅助属性", Kind: List, Rows: auxRows()},
		{Key: "barcodeentity", Name: "商品条码", Kind: List, Rows: barcodeRows()},
		{Key: "priceentity", Name: "商品价格", Kind: List, Rows: priceRows()},
		text("inv_mgr_type", "库存管理方式"), figure("mininventoryqty", "最低库存"), figure("maxinventoryqty", "最高库存"),
		figure("secinventoryqty", "预警库存"), text("costmethod", "成本计算方法"), figure("taxrate", "税率"),
		text("fetchcategoryid_id", "税收分类编码"), text("stockid_id", "默认仓库"), text("spaceid_id", "默认仓位"),
		text("venderid_id", "默认供应商"), text("purchaseid_id", "采购员"), text("refistrationnumber", "注册证号"),
		text("prolicense", "生产许可证"), figure("gross_weight", "毛重"), figure("net_weight", "净重"), text("weight_unit_id", "重量单位"),
		figure("length", "长"), figure("wide", "宽"), figure("high", "高"), figure("volume", "体积"), text("volume_unit_id", "体积单位"),
		{Key: "images", Name: "商品图片", Kind: List}, {Key: "removeimages", Name: "删除的商品图片", Kind: List, IsCommand: true},
		{Key: "ignorewarn", Name: "是否忽略告警信息", Kind: Flag, IsCommand: true},
	}
}

func barcodeRows() []string { return []string{"id", "barcode", "barcodeunitid_id", "barcoderemark"} }

func priceRows() []string {
	return []string{
		"id", "pricebarcode", "priceunitid_id", "pricepurchaseprice", "pricemaxpurchaseprice", "pricecostprice",
		"pricedistributionprice", "pricetradeprice", "priceretailprice", "priceminsalesprice", "pricesaleprice1",
		"pricesaleprice2", "pricesaleprice3", "pricesaleprice4", "pricesaleprice5", "pricesaleprice6", "pricesaleprice7",
		"pricesaleprice8", "pricesaleprice9", "pricesaleprice10", "priceminpurtaxprice", "priceoutsourceprice",
	}
}

func auxRows() []string {
	rows := []string{"id", "skuid_id", "skunumber", "pictureurl", "auxenable", "auxcombinationname", "concattypeid_id"}
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		rows = append(rows, "auxid"+n+"_id", "auxnumber"+n, "auxname"+n, "auxtypeid"+n+"_id", "auxtypenumber"+n, "auxtypename"+n)
	}
	return rows
}

// schema finds a field by its key.
type schema map[string]Field

func newSchema() schema {
	fields := schema{}
	for _, field := range Fields() {
		fields[field.Key] = field
	}
	return fields
}
