package k3cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds what is read of a request, in bytes. The platform's own limit
// is unknown.
const maxBody = 64 << 20

// The services and the ending of their addresses, in lower case: names are
// matched without regard to letter case.
const (
	authService = "kingdee.bos.webapi.servicesstub.authservice."
	formService = "kingdee.bos.webapi.servicesstub.dynamicformservice."
	suffix      = ".common.kdsvc"
)

// operation is one method of the WebAPI.
type operation struct {
	endpoint string
	run      func(*Server, *call) answer
	// table is set where refusals come as a table of one cell.
	table bool
}

// operations are the methods by service and name, in lower case.
var operations = map[string]operation{
	authService + "validateuser":     {endpoint: Login, run: (*Server).validateUser},
	authService + "loginbyappsecret": {endpoint: Login, run: (*Server).loginByAppSecret},
	authService + "loginbysign":      {endpoint: Login, run: (*Server).loginBySign},
	authService + "logout":           {endpoint: Other, run: (*Server).logout},

	formService + "save":             {endpoint: Save, run: (*Server).saveOne},
	formService + "batchsave":        {endpoint: Save, run: (*Server).saveBatch},
	formService + "draft":            {endpoint: Save, run: (*Server).saveDraft},
	formService + "submit":           {endpoint: Submit, run: (*Server).submit},
	formService + "audit":            {endpoint: Audit, run: (*Server).audit},
	formService + "unaudit":          {endpoint: Other, run: (*Server).unAudit},
	formService + "delete":           {endpoint: Other, run: (*Server).remove},
	formService + "excuteoperation":  {endpoint: Other, run: (*Server).excuteOperation},
	formService + "view":             {endpoint: View, run: (*Server).view},
	formService + "executebillquery": {endpoint: Query, run: (*Server).queryTable, table: true},
	formService + "billquery":        {endpoint: Query, run: (*Server).queryObjects},
}

// methodName is the service and method that an address names, as it was sent.
func methodName(r *http.Request) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return rest
}

// findOperation knows a method by its whole address; without the suffix an
// address serves only the vendor's own .NET client.
func findOperation(name string) (operation, bool) {
	bare, ok := strings.CutSuffix(strings.ToLower(name), suffix)
	op, known := operations[bare]
	return op, ok && known
}

// withoutSuffix is a method's name as an error shows it.
func withoutSuffix(name string) string {
	if at := len(name) - len(suffix); at > 0 && strings.EqualFold(name[at:], suffix) {
		return name[:at]
	}
	return name
}

// endpoint names the endpoint of a request.
func endpoint(r *http.Request) string {
	if op, ok := findOperation(methodName(r)); ok {
		return op.endpoint
	}
	return Other
}

// call is one call with its parameters, given by position or by name.
type call struct {
	positional []value
	named      value
	cookies    http.Header // of the answer
	session    *session    // nil for a login
}

// argument is a parameter by its place or by its name.
func (c *call) argument(place int, name string) value {
	if place < len(c.positional) {
		return c.positional[place]
	}
	return c.named.get(name)
}

// data is the parameter that is an object, or a text that holds one.
func (c *call) data(place int) (value, bool) {
	v := c.argument(place, "data")
	if v.kind == text {
		inner, err := parseJSON([]byte(v.text))
		if err != nil {
			return value{}, false
		}
		v = inner
	}
	return v, v.kind == object
}

// errBareArray is a body whose parameters stand in an array without a name.
var errBareArray = errors.New("Additional text found in JSON string after finishing deserializing object.") //nolint:staticcheck // the platform's own words

// readCall reads the parameters in any wrapper that clients use: positional,
// named, and the older envelope with format, useragent and rid. The content type
// is not looked at, since the vendor's own SDK misspells it.
func readCall(r *http.Request) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("body has more than %d bytes", maxBody)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return &call{}, nil
	}
	whole, err := parseJSON(body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("parse body: %w", err)
	case whole.kind == array:
		return nil, errBareArray
	case whole.kind != object:
		return nil, errors.New("body is not an object")
	}
	if parameters := whole.get("parameters"); parameters.kind == array {
		return &call{positional: parameters.items}, nil
	}
	return &call{named: whole}, nil
}
