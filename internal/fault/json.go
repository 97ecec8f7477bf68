package fault

import "encoding/json"

// body is a fault as it stands in the JSON envelope of a command.
type body struct {
	Code       Code     `json:"code"`
	Severity   Severity `json:"severity"`
	Message    string   `json:"message"`
	Path       string   `json:"path,omitempty"`
	Location   string   `json:"location,omitempty"`
	Suggestion string   `json:"suggestion,omitempty"`
	Problems   []*Error `json:"problems,omitempty"`
}

// Advice is the fault's own suggestion, else the remedy registered for its code.
func (e *Error) Advice() string {
	if e.Suggestion != "" {
		return e.Suggestion
	}
	definition, _ := Lookup(e.Code)
	return definition.Remedy
}

// MarshalJSON writes code, severity, message, path, location, suggestion and
// problems; the cause and the excerpt are left out.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(body{
		Code:       e.Code,
		Severity:   e.Severity(),
		Message:    e.Message,
		Path:       e.Path,
		Location:   e.Location,
		Suggestion: e.Advice(),
		Problems:   e.Problems,
	})
}
