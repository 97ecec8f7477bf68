package k3cloud

import "strings"

// place is where in Model a field stands.
type place int

const (
	header  place = iota
	finance       // SubHeadEntity, 财务信息: one object per bill, beside FEntity
	row           // FEntity, 明细信息: an array
)

func (p place) String() string {
	return [...]string{"the header", "SubHeadEntity", "FEntity"}[p]
}

// prefix stands before a key in reports of what was sent.
func (p place) prefix() string {
	return [...]string{"", "SubHeadEntity.", "FEntity."}[p]
}

// shape is what a field holds.
type shape int

const (
	words     shape = iota // a text
	figure                 // a number, kept to the last digit
	yesNo                  // true or false
	day                    // a date, with or without a time
	reference              // base data, by its code: {"FNumber":"…"}
	opaque                 // an object that is kept as it came
)

// field is one field of the form.
type field struct {
	key   string // as the vendor spells it
	place place
	shape shape
	// base is the kind of base data, in the words of Options.Known; empty where
	// any code is good.
	base string
	name string // as messages call it
}

// form is what the platform knows about a form.
type form struct {
	id     string
	fields map[place]map[string]field // by key in lower case
	all    []field                    // in the order of the vendor's sample
}

// saleOutStock is the form 销售出库单: the fields of the vendor's WebAPI sample,
// and the site's own ones, F_KLF_* and F_sms_Text2.
func saleOutStock() *form {
	f := &form{id: "SAL_OUTSTOCK", fields: map[place]map[string]field{header: {}, finance: {}, row: {}}}
	f.addHeader()
	f.addFinance()
	f.addRow()
	return f
}

func (f *form) addHeader() {
	f.add(header, figure, "FID")
	f.base(header, "billtype", "单据类型", "FBillTypeID")
	f.named(header, words, "单据编号", "FBillNo")
	f.add(header, words, "FDocumentStatus")
	f.named(header, day, "日期", "FDate")
	f.base(header, "organisation", "销售组织", "FSaleOrgId")
	f.base(header, "customer", "客户", "FCustomerID")
	f.base(header, "department", "销售部门", "FSaleDeptID")
	f.base(header, "organisation", "发货组织", "FStockOrgId")
	f.base(header, "department", "发货部门", "FDeliveryDeptID")
	f.base(header, "customer", "收货方", "FReceiverID")
	f.base(header, "customer", "结算方", "FSettleID")
	f.base(header, "customer", "付款方", "FPayerID")
	f.base(header, "assistant", "产品利润中心", "F_KLF_Assistant")
	f.add(header, reference, "FHeadLocationId", "FCorrespondOrgId", "FCarrierID", "FSalesGroupID", "FSalesManID",
		"FStockerGroupID", "FStockerID", "FReceiverContactID", "FOwnerIdHead")
	f.add(header, words, "FCarriageNO", "FLinkMan", "FLinkPhone", "FNote", "FReceiveAddress", "FOwnerTypeIdHead",
		"FScanBox", "FCDateOffsetUnit", "FPlanRecAddress", "FSHOPNUMBER", "F_KLF_Text", "F_KLF_Text1")
	f.add(header, figure, "FCDateOffsetValue")
	f.add(header, yesNo, "FIsTotalServiceOrCost")
}

func (f *form) addFinance() {
	f.base(finance, "currency", "结算币别", "FSettleCurrID")
	f.base(finance, "organisation", "结算组织", "FSettleOrgID")
	f.base(finance, "currency", "本位币", "FLocalCurrID")
	f.add(finance, reference, "FSettleTypeID", "FReceiptConditionID", "FPriceListId", "FDiscountListId", "FExchangeTypeID")
	f.add(finance, words, "FThirdBillNo", "FThirdBillId", "FThirdSrcType", "FBuyerNick")
	f.add(finance, figure, "FEntryId", "FExchangeRate", "FAllDisCount")
	f.add(finance, yesNo, "FIsIncludedTax", "FIsPriceExcludeTax")
}

func (f *form) addRow() {
	f.add(row, figure, "FENTRYID")
	f.base(row, "material", "物料", "FMaterialID")
	f.base(row, "stock", "仓库", "FStockID")
	f.base(row, "material", "父项物料", "FParentMatId")
	f.base(row, "customer", "结算客户", "FESettleCustomerId")
	f.named(row, figure, "实发数量", "FRealQty")
	f.named(row, figure, "含税单价", "FTaxPrice")
	f.named(row, figure, "单价", "FPrice")
	f.named(row, yesNo, "是否赠品", "FIsFree")
	f.add(row, reference, "FCustMatID", "FUnitID", "FBomID", "FOwnerID", "FLot", "FTaxCombination", "FExtAuxUnitId",
		"FStockStatusID", "FSalUnitID", "FEOwnerSupplierId")
	f.add(row, figure, "FInventoryQty", "FDisPriceQty", "FEntryTaxRate", "FAuxUnitQty", "FExtAuxUnitQty",
		"FDiscountRate", "FPriceDiscount", "FActQty", "FSALUNITQTY", "FSALBASEQTY", "FPRICEBASEQTY", "FRepairQty",
		"FARNOTJOINQTY", "FSOEntryId", "FSignQty")
	f.add(row, words, "FRowType", "FOwnerTypeID", "FQualifyType", "FMtoNo", "FEntrynote", "FProjectNo",
		"FPriceListEntry", "FThirdEntryId", "FETHIRDBILLID", "FETHIRDBILLNO", "F_sms_Text2")
	f.add(row, yesNo, "FOUTCONTROL", "FIsCreateProDoc", "FIsOverLegalOrg", "FCheckDelivery")
	f.add(row, day, "FProduceDate", "FExpiryDate")
	f.add(row, opaque, "FAuxPropId", "FStockLocID", "FTaxDetailSubEntity", "FSerialSubEntity")
}

func (f *form) add(p place, s shape, keys ...string) {
	for _, key := range keys {
		f.put(field{key: key, place: p, shape: s, name: key})
	}
}

func (f *form) named(p place, s shape, name, key string) {
	f.put(field{key: key, place: p, shape: s, name: name})
}

func (f *form) base(p place, kind, name, key string) {
	f.put(field{key: key, place: p, shape: reference, base: kind, name: name})
}

func (f *form) put(one field) {
	f.fields[one.place][strings.ToLower(one.key)] = one
	f.all = append(f.all, one)
}

// field finds a field of one place by its key in any letter case.
func (f *form) field(p place, key string) (field, bool) {
	one, ok := f.fields[p][strings.ToLower(key)]
	return one, ok
}

// anywhere finds a field by its key alone. FEntryId means the row's.
func (f *form) anywhere(key string) (field, bool) {
	for _, p := range []place{header, row, finance} {
		if one, ok := f.field(p, key); ok {
			return one, true
		}
	}
	return field{}, false
}

// isOption tells whether a key belongs beside Model and not into it.
func isOption(key string) bool {
	for _, option := range []string{
		"Creator", "NeedUpDateFields", "NeedReturnFields", "IsDeleteEntry", "SubSystemId",
		"IsVerifyBaseDataField", "IsEntryBatchFill", "ValidateFlag", "NumberSearch", "IsAutoAdjustField",
		"InterationFlags", "IgnoreInterationFlag", "IsControlPrecision", "ValidateRepeatJson",
		"IsAutoSubmitAndAudit", "BatchCount", "Model",
	} {
		if strings.EqualFold(option, key) {
			return true
		}
	}
	return false
}
