package mask_test

import (
	"testing"

	"pandian/internal/mask"
)

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"strings":                     {`{"receiver_name":"张三","qty":2}`, `{"receiver_name":"(hidden)","qty":2}`},
		"a name in another case":      {`{"DispatchAddress": "杭州市…1号"}`, `{"DispatchAddress": "(hidden)"}`},
		"numbers":                     {`{"receiver_mobile":13800138000,"a":1}`, `{"receiver_mobile":"(hidden)","a":1}`},
		"a quote in a value":          {`{"address":"a \"b\" c","x":"y"}`, `{"address":"(hidden)","x":"y"}`},
		"JSON in a string":            {`{"data":"{\"password\":\"pw\",\"user\":\"u\"}"}`, `{"data":"{\"password\":\"(hidden)\",\"user\":\"u\"}"}`},
		"JSON in a string in JSON":    {`"{\"d\":\"{\\\"token\\\":\\\"t\\\",\\\"k\\\":1}\"}"`, `"{\"d\":\"{\\\"token\\\":\\\"(hidden)\\\",\\\"k\\\":1}\"}"`},
		"fields of an object":         {`{"contact":{"phone":"123","kind":"x"}}`, `{"contact":{"phone":"(hidden)","kind":"x"}}`},
		"a form":                      {`app_key=abc&method=x&sign=ff`, `app_key=(hidden)&method=x&sign=(hidden)`},
		"nothing there":               {`{"phone":null,"mobile":"","email":""}`, `{"phone":null,"mobile":"","email":""}`},
		"a text that is cut off":      {`{"a":1,"address":"杭州市西`, `{"a":1,"address":"(hidden)"`},
		"a name that is part of one":  {`{"phone_count":1,"Code":"XS1"}`, `{"phone_count":1,"Code":"XS1"}`},
		"the name of a field in text": {`{"note":"phone"}`, `{"note":"phone"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mask.Text(c.text); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
