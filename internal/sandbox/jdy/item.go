package jdy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// item is one 商品 as a call sends it.
type item struct {
	id         int64 // 0: a new one
	number     string
	name       string
	baseUnit   string
	ignoreWarn bool
	// units and parents are the ids that must exist, by the field's name.
	units, parents []reference
	// values are the fields that were sent, by their place in fields, as JSON.
	values map[int]json.RawMessage
	raw    json.RawMessage
}

type reference struct{ field, id string }

// decimalPattern is a number as both generations take it, without exponent.
var decimalPattern = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// parseItem reads one 商品. A value of the wrong JSON type is an error of the
// whole call, as of a server that decodes the message before it looks at it
// (assumed for V1).
func parseItem(raw json.RawMessage, names generation, strict bool) (item, error) {
	x := item{values: map[int]json.RawMessage{}, raw: bytes.Clone(raw)}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return x, fmt.Errorf("invalid value %.20s: 商品应为对象", raw)
	}
	take := func(name string, kind kind, choices string) (string, json.RawMessage, error) {
		value, sent := members[name]
		delete(members, name)
		if !sent || string(value) == "null" {
			return "", nil, nil
		}
		plain, clean, err := read(value, kind, choices)
		if err != nil {
			return "", nil, fmt.Errorf("invalid value for field %s: %w", name, err)
		}
		return plain, clean, nil
	}
	if err := x.takeHead(take, names); err != nil {
		return x, err
	}
	for i, f := range fields {
		name := names.name(f)
		if name == "" {
			continue
		}
		plain, clean, err := take(name, f.kind, f.choices)
		if err != nil {
			return x, err
		}
		x.keep(i, name, plain, clean, names)
	}
	if strict && len(members) > 0 {
		return x, fmt.Errorf("unknown field %s", slices.Min(slices.Collect(maps.Keys(members))))
	}
	return x, nil
}

// takeHead reads what every 商品 is known by. The number comes first, so that a
// refusal can name it.
func (x *item) takeHead(take func(string, kind, string) (string, json.RawMessage, error), names generation) (err error) {
	if x.number, _, err = take("number", text, ""); err != nil {
		return err
	}
	if x.name, _, err = take("name", text, ""); err != nil {
		return err
	}
	ignore, _, err := take(names.ignoreWarn, flag, "")
	if err != nil {
		return err
	}
	x.ignoreWarn = ignore == "true"
	id, _, err := take("id", ref, "")
	if err != nil || id == "" || id == "0" {
		return err
	}
	if x.id, err = strconv.ParseInt(id, 10, 64); err != nil {
		return fmt.Errorf("invalid value for field id: %s", id)
	}
	return nil
}

// keep notes a field that was sent; an empty text stands for nothing in a field
// that is no text.
func (x *item) keep(i int, name, plain string, clean json.RawMessage, names generation) {
	if clean == nil {
		return
	}
	x.values[i] = clean
	if plain == "" {
		return
	}
	switch fields[i].kind {
	case unit:
		x.units = append(x.units, reference{name, plain})
		if name == names.baseUnit {
			x.baseUnit = plain
		}
	case parent:
		x.parents = append(x.parents, reference{name, plain})
	}
}

// read checks one value against its kind. It returns the value as plain text,
// and as JSON the way a detail shows it: a flag as a boolean, all else as sent.
func read(value json.RawMessage, kind kind, choices string) (string, json.RawMessage, error) {
	bad := fmt.Errorf("%.40s", value)
	switch kind {
	case rows:
		var list []map[string]json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			return "", nil, bad
		}
		return "", value, nil
	case texts:
		var list []string
		if err := json.Unmarshal(value, &list); err != nil {
			return "", nil, bad
		}
		return "", value, nil
	case object:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(value, &members); err != nil {
			return "", nil, bad
		}
		return "", value, nil
	}
	plain, quoted, ok := scalar(value)
	if !ok || kind == text && !quoted {
		return "", nil, bad
	}
	if plain == "" || fits(plain, quoted, kind, choices) {
		if kind == flag && plain != "" {
			return plain, json.RawMessage(plain), nil
		}
		return plain, value, nil
	}
	return "", nil, bad
}

// fits tells whether the plain text of a scalar is of its kind.
func fits(plain string, quoted bool, kind kind, choices string) bool {
	switch kind {
	case flag:
		return plain == "true" || plain == "false"
	case number:
		return decimalPattern.MatchString(plain)
	case choice:
		return len(plain) == 1 && strings.Contains(choices, plain)
	case unit, parent, ref:
		// As a number an id has digits only: with a fraction or an exponent it has
		// been through a float.
		return quoted || strings.Trim(plain, "0123456789") == ""
	default:
		return true
	}
}

// scalar returns a text, number or boolean as plain text.
func scalar(value json.RawMessage) (plain string, quoted, ok bool) {
	switch value[0] {
	case '"':
		err := json.Unmarshal(value, &plain)
		return plain, true, err == nil
	case '{', '[', 'n':
		return "", false, false
	default:
		return string(value), false, true
	}
}
