package wdt

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// toXML shows a JSON answer as the gateway's XML: the same names, the member
// response as the root, and each record of a list in an element of its own. The shape is
// assumed; it is here so that a client that forgets format=json notices.
func toXML(body []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var out bytes.Buffer
	out.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	err := xmlValue(&out, decoder, "")
	return out.Bytes(), err
}

// xmlValue copies the next JSON value into the element name, or without an
// element of its own when name is empty.
func xmlValue(out *bytes.Buffer, in *json.Decoder, name string) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	if name != "" {
		fmt.Fprintf(out, "<%s>", name)
		defer fmt.Fprintf(out, "</%s>", name)
	}
	switch token {
	case json.Delim('{'):
		return xmlMembers(out, in)
	case json.Delim('['):
		for in.More() {
			if err := xmlValue(out, in, elementOf(name)); err != nil {
				return err
			}
		}
		_, err := in.Token()
		return err
	case nil:
		return nil
	}
	return xml.EscapeText(out, []byte(fmt.Sprint(token)))
}

// elementOf names one record of a list: stock of stocks, shop of shoplist,
// stockout of stockout_list.
func elementOf(list string) string {
	for _, ending := range [...]string{"_list", "list", "s"} {
		if one, ok := strings.CutSuffix(list, ending); ok {
			return one
		}
	}
	return list
}

// xmlMembers copies the members of an object up to its closing brace.
func xmlMembers(out *bytes.Buffer, in *json.Decoder) error {
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return err
		}
		if err := xmlValue(out, in, fmt.Sprint(key)); err != nil {
			return err
		}
	}
	_, err := in.Token()
	return err
}
