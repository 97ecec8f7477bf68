package jdy

// kind is what a field of a 商品 may hold. Where V2 has a boolean or a number,
// text of one is taken too (assumed): the integration product behind the field
// list sends everything as text.
type kind int

const (
	text   kind = iota // text
	unit               // id of a 计量单位 that must exist
	parent             // id of a 商品类别 that must exist
	ref                // another id, as text or number
	flag               // true, false, or the same as text
	number             // a decimal without exponent, as text or number
	choice             // one of some digits, as text or number
	rows               // an array of objects; their keys are not checked (assumed)
	texts              // an array of text
	object             // an object
)

// field is one field by its name in both generations; an empty name means that
// a generation does not have it.
type field struct {
	v1, v2  string
	kind    kind
	choices string
}

// fields are all of them but id, number, name and the switch ignorewarn, in the
// order in which a detail shows them.
var fields = []field{
	{v1: "parent_id", v2: "parent_id", kind: parent},
	{v2: "parent_number"},
	{v1: "mullabel_number", v2: "mul_label_number"},
	{v1: "model", v2: "model"},
	{v1: "barcode", v2: "barcode"},
	{v1: "brandid_id", v2: "brand_id", kind: ref},
	{v1: "producingpace", v2: "producing_pace"},
	{v1: "helpcode", v2: "help_code"},
	{v1: "remark", v2: "remark"},
	{v1: "enable", v2: "enable", kind: choice, choices: "01"},
	{v1: "baseunitid_id", v2: "base_unit_id", kind: unit},
	{v1: "purchaseunitid_id", v2: "purchase_unit_id", kind: unit},
	{v1: "saleunitid_id", v2: "sale_unit_id", kind: unit},
	{v1: "storeunitid_id", v2: "store_unit_id", kind: unit},
	{v1: "auxunitid_id", v2: "aux_unit_id", kind: unit},
	{v1: "ismulti_unit", v2: "is_multi_unit", kind: flag},
	{v1: "fixunit1_id", v2: "fix_unit_id1", kind: unit},
	{v1: "fixunit2_id", v2: "fix_unit_id2", kind: unit},
	{v1: "fixunit3_id", v2: "fix_unit_id3", kind: unit},
	{v1: "coefficient1", v2: "coefficient1", kind: number},
	{v1: "coefficient2", v2: "coefficient2", kind: number},
	{v1: "coefficient3", v2: "coefficient3", kind: number},
	{v1: "conversionunitid1_id", v2: "conversion_unit1_id", kind: unit}, // V2's own spelling
	{v1: "conversionunitid2_id", v2: "conversion_unit_id2", kind: unit},
	{v1: "conversionunitid3_id", v2: "conversion_unit_id3", kind: unit},
	{v1: "isserial", v2: "is_serial", kind: flag},
	{v1: "isbatch", v2: "is_batch", kind: flag},
	{v1: "isweight", v2: "is_weight", kind: flag},
	{v1: "iskfperiod", v2: "is_kf_period", kind: flag},
	{v1: "kfperiod", v2: "kf_period", kind: number},
	{v1: "kfperiodtype", v2: "kf_period_type", kind: choice, choices: "123"},
	{v1: "alarmday", v2: "alarm_day", kind: number},
	{v1: "issale", v2: "is_sale", kind: flag},
	{v1: "ispurchase", v2: "is_purchase", kind: flag},
	{v1: "issubpart", v2: "is_subpart", kind: flag},
	{v1: "isassembly", v2: "is_assembly", kind: flag},
	{v1: "isasstattr", v2: "is_asst_attr", kind: flag},
	{v1: "auxentity", v2: "aux_entity", kind: rows},
	{v1: "barcodeentity", v2: "barcode_entity", kind: rows},
	{v1: "priceentity", v2: "price_entity", kind: rows},
	{v1: "inv_mgr_type", v2: "inv_mgr_type", kind: choice, choices: "01"},
	{v1: "mininventoryqty", v2: "min_inventory_qty", kind: number},
	{v1: "maxinventoryqty", v2: "max_inventory_qty", kind: number},
	{v1: "secinventoryqty", v2: "sec_inventory_qty", kind: number},
	{v1: "costmethod", v2: "cost_method", kind: choice, choices: "123"},
	{v1: "taxrate", v2: "tax_rate", kind: number},
	{v1: "fetchcategoryid_id", v2: "fetch_category_id", kind: ref},
	{v1: "stockid_id", v2: "stock_id", kind: ref},
	{v1: "spaceid_id", v2: "space_id", kind: ref},
	{v1: "venderid_id", v2: "vender_id", kind: ref},
	{v1: "purchaseid_id", v2: "purchase_id", kind: ref},
	{v1: "refistrationnumber", v2: "refistration_number"}, // the vendor's own spelling
	{v1: "prolicense", v2: "pro_license"},
	{v1: "gross_weight", v2: "gross_weight", kind: number},
	{v1: "net_weight", v2: "net_weight", kind: number},
	{v1: "weight_unit_id", v2: "weight_unit_id", kind: unit},
	{v1: "length", v2: "length", kind: number},
	{v1: "wide", v2: "wide", kind: number},
	{v1: "high", v2: "high", kind: number},
	{v1: "volume", v2: "volume", kind: number},
	{v1: "volume_unit_id", v2: "volume_unit_id", kind: unit},
	{v1: "images", v2: "images", kind: texts},
	{v1: "removeimages", kind: texts},
	{v2: "check_type", kind: choice, choices: "123"},
	{v2: "custom_field", kind: object},
}

// generation is the names that one of the two generations uses.
type generation struct {
	name       func(field) string
	ignoreWarn string
	baseUnit   string
}

var (
	namesV1 = generation{func(f field) string { return f.v1 }, "ignorewarn", "baseunitid_id"}
	namesV2 = generation{func(f field) string { return f.v2 }, "ignore_warn", "base_unit_id"}
)
