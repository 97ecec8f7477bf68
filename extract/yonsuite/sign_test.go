package yonsuite_test

import (
	"net/url"
	"testing"

	"pandian/extract/yonsuite"
)

// The text of Y-1 is the vendor's example; its secret is not published, so the
// digests are derived from the rules.
func TestSign_vectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, secret    string
		params          map[string]string
		want, wantQuery string
	}{
		{"Y-1", "test-secret-0001", map[string]string{"appKey": "41832a3d2df94989b500da6a22268747", "timestamp": "1568098531823"},
			"bPvZ4QwFhIOL9bpuOfehY79c3tRVtE6IuKKyjE8BFZk=", "bPvZ4QwFhIOL9bpuOfehY79c3tRVtE6IuKKyjE8BFZk%3D"},
		{"Y-2", "5f1b0c6d7e8f4a2b9c3d1e0f2a4b6c8d", map[string]string{"timestamp": "1711963800000", "appKey": "a1b2c3d4e5f60718293a4b5c6d7e8f90"},
			"jZ1zIl5IeQlw3IsE2iy7cL22uRhcGQU2a/tlTBq0cPA=", "jZ1zIl5IeQlw3IsE2iy7cL22uRhcGQU2a%2FtlTBq0cPA%3D"},
		{"Y-3", "test-secret-0001", map[string]string{"appKey": "41832a3d2df94989b500da6a22268747", "timestamp": "1568098531003"},
			"M/DAKg3Gu1PxGQc8+9NOrH7jIUp2OGLFJiK4RV4C9uA=", "M%2FDAKg3Gu1PxGQc8%2B9NOrH7jIUp2OGLFJiK4RV4C9uA%3D"},
		{"Y-4", "suite-secret-0001", map[string]string{"suiteKey": "7bb1d3c2-0000-4a4a-9c9c-000000000001", "timestamp": "1711963800000", "tenantId": "tt0abc12"},
			"L5AFrNfS2HDNtEMP+9WoIkps/I7ChFP2rmR0duRdkeI=", "L5AFrNfS2HDNtEMP%2B9WoIkps%2FI7ChFP2rmR0duRdkeI%3D"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := yonsuite.Sign(test.secret, test.params)
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if query := (url.Values{"s": {got}}).Encode(); query != "s="+test.wantQuery {
				t.Errorf("got %s in the query, want %s", query, test.wantQuery)
			}
			test.params["signature"] = got
			if yonsuite.Sign(test.secret, test.params) != test.want {
				t.Error("the signature itself was signed")
			}
		})
	}
}
