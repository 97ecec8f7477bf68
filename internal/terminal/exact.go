package terminal

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// checkExact walks a value that is about to become JSON and refuses numbers
// that are not whole: a reader would take them for binary fractions. Quantities
// are decimal.Decimal, which is written as a string.
func checkExact(value any) error {
	return checkValue(reflect.ValueOf(value), "result", 0)
}

func checkValue(v reflect.Value, path string, depth int) error {
	if !v.IsValid() || depth > 32 {
		return nil
	}
	if marshaler, ok := marshalerOf(v); ok {
		return checkMarshaled(marshaler, path)
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return fmt.Errorf("%s is a %s: use decimal.Decimal, so that it is exact", path, v.Type())
	case reflect.Pointer, reflect.Interface:
		return checkValue(v.Elem(), path, depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Tag.Get("json") != "-" {
				if err := checkValue(v.Field(i), path+"."+field.Name, depth+1); err != nil {
					return err
				}
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if err := checkValue(v.MapIndex(key), fmt.Sprintf("%s.%v", path, key), depth+1); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			if err := checkValue(v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func marshalerOf(v reflect.Value) (json.Marshaler, bool) {
	if !v.CanInterface() || (v.Kind() == reflect.Pointer && v.IsNil()) {
		return nil, false
	}
	if number, ok := v.Interface().(json.Number); ok {
		return json.RawMessage(number), true
	}
	marshaler, ok := v.Interface().(json.Marshaler)
	return marshaler, ok
}

// checkMarshaled refuses a type that writes itself as a bare number, as
// pgtype.Numeric does.
func checkMarshaled(marshaler json.Marshaler, path string) error {
	encoded, err := marshaler.MarshalJSON()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(encoded) > 0 && (encoded[0] == '-' || (encoded[0] >= '0' && encoded[0] <= '9')) {
		return fmt.Errorf("%s is a %T, which is written as a number: use decimal.Decimal, so that it is exact", path, marshaler)
	}
	return nil
}
