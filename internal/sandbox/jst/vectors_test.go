package jst

import (
	"fmt"
	"strings"
	"testing"
)

func TestOpenAcceptsTheVectorsAsRequests(t *testing.T) {
	t.Parallel()
	// O6 has no window and gets past the signature only.
	codes := map[string]string{"O4": "0", "O5": "0", "O6": "140", "O7": "0", "O8": "0"}
	for _, vector := range openVectors {
		code, ok := codes[vector.name[:2]]
		if !ok {
			continue
		}
		r := newSmallRig(t, Options{})
		r.want(r.openRaw(with(vector.params, map[string]string{"sign": vector.want})), code)
	}
	refresh := openVectors[8]
	r := newSmallRig(t, Options{})
	body := r.send("/openWeb/auth/refreshToken", "", formType, encode(with(refresh.params, map[string]string{"sign": refresh.want})))
	r.want(r.read(body, "data"), "0")
}

func TestTheOtherRoutesAcceptTheVectorsAsRequests(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{})
	for _, vector := range oldVectors[2:] {
		r.want(r.oldRaw(vector.method, vector.want, vector.query, `{"start_ts":1}`), "0")
	}
	for _, vector := range qimenVectors {
		for method, sign := range vector.want {
			params := with(vector.params, map[string]string{"sign_method": method, "sign": sign})
			if got := r.qimenRaw("", params); got.Flag != "" || got.HasNext == nil {
				t.Errorf("%s %s: got %.200s", vector.name, method, got.raw)
			}
			half := map[string]string{"app_key": params["app_key"], "sign": sign, "page_size": "50"}
			for name := range half {
				delete(params, name)
			}
			if got := r.qimenRaw(encode(half), params); got.Flag != "" || got.HasNext == nil {
				t.Errorf("%s %s, split over query and body: got %.200s", vector.name, method, got.raw)
			}
		}
	}
}

// spoiltSigns are a signature with each of its characters changed in turn, and
// the whole of it in the wrong case.
func spoiltSigns(sign string) []string {
	var out []string
	for i := range sign {
		other := "0"
		if sign[i] == '0' {
			other = "1"
		}
		out = append(out, sign[:i]+other+sign[i+1:])
	}
	wrongCase := strings.ToUpper(sign)
	if wrongCase == sign {
		wrongCase = strings.ToLower(sign)
	}
	return append(out, wrongCase, sign[:len(sign)-1], sign+"0", " "+sign)
}

func TestASignatureWithAnyCharacterChangedIsRefused(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{})
	open := openVectors[3]
	for _, sign := range spoiltSigns(open.want) {
		r.want(r.openRaw(with(open.params, map[string]string{"sign": sign})), "10")
	}
	old := oldVectors[2]
	for _, sign := range spoiltSigns(old.want) {
		r.want(r.oldRaw(old.method, strings.ReplaceAll(sign, " ", "+"), old.query, `{"start_ts":1}`), "120")
	}
	qimen := qimenVectors[0]
	for method, right := range qimen.want {
		for _, sign := range spoiltSigns(right) {
			r.want(r.qimenRaw("", with(qimen.params, map[string]string{"sign_method": method, "sign": sign})), "25")
		}
	}
}

func TestEveryParameterIsSigned(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{})
	open := with(openVectors[3].params, map[string]string{"sign": openVectors[3].want})
	r.want(r.openRaw(with(open, map[string]string{"biz": strings.Replace(open["biz"], "50", "49", 1)})), "10")
	r.want(r.openRaw(with(open, map[string]string{"extra": "1"})), "10")
	r.want(r.openRaw(with(open, map[string]string{"empty": ""})), "0")
	qimen := qimenVectors[2]
	signed := with(qimen.params, map[string]string{"sign_method": "md5", "sign": qimen.want["md5"]})
	for name := range qimen.params {
		switch name {
		case "method", "app_key", "timestamp", "v", "format": // refused before the signature is looked at, or in XML
			continue
		}
		r.want(r.qimenRaw("", with(signed, map[string]string{name: signed[name] + "1"})), "25")
	}
	if got := r.qimenRaw("", with(signed, map[string]string{"session": ""})); got.Flag != "" {
		t.Errorf("an empty session: got %.200s", got.raw)
	}
	// The old gateway signs in the order sent, and not the body.
	old := oldVectors[2]
	swapped := []pair{old.query[1], old.query[0]}
	r.want(r.oldRaw(old.method, old.want, swapped, `{}`), "120")
	sign := oldSign(old.method, old.partner, old.key, swapped)
	for n := range 2 {
		r.want(r.oldRaw(old.method, sign, swapped, fmt.Sprintf(`{"start_ts":%d}`, n)), "0")
	}
}
