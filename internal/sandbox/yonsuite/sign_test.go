package yonsuite

import (
	"net/url"
	"testing"
)

func TestSignMatchesTheVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct {
		name, secret string
		params       url.Values
		want, query  string
	}{
		{"Y-1 official example", "test-secret-0001",
			url.Values{"appKey": {"41832a3d2df94989b500da6a22268747"}, "timestamp": {"1568098531823"}},
			"bPvZ4QwFhIOL9bpuOfehY79c3tRVtE6IuKKyjE8BFZk=", "bPvZ4QwFhIOL9bpuOfehY79c3tRVtE6IuKKyjE8BFZk%3D"},
		{"Y-2 with a slash", "5f1b0c6d7e8f4a2b9c3d1e0f2a4b6c8d",
			url.Values{"appKey": {"a1b2c3d4e5f60718293a4b5c6d7e8f90"}, "timestamp": {"1711963800000"}},
			"jZ1zIl5IeQlw3IsE2iy7cL22uRhcGQU2a/tlTBq0cPA=", "jZ1zIl5IeQlw3IsE2iy7cL22uRhcGQU2a%2FtlTBq0cPA%3D"},
		{"Y-3 with plus and slash", "test-secret-0001",
			url.Values{"appKey": {"41832a3d2df94989b500da6a22268747"}, "timestamp": {"1568098531003"}},
			"M/DAKg3Gu1PxGQc8+9NOrH7jIUp2OGLFJiK4RV4C9uA=", "M%2FDAKg3Gu1PxGQc8%2B9NOrH7jIUp2OGLFJiK4RV4C9uA%3D"},
		{"Y-4 suite", "suite-secret-0001",
			url.Values{
				"suiteKey": {"7bb1d3c2-0000-4a4a-9c9c-000000000001"}, "tenantId": {"tt0abc12"},
				"timestamp": {"1711963800000"},
			},
			"L5AFrNfS2HDNtEMP+9WoIkps/I7ChFP2rmR0duRdkeI=", "L5AFrNfS2HDNtEMP%2B9WoIkps%2FI7ChFP2rmR0duRdkeI%3D"},
	} {
		t.Run(vector.name, func(t *testing.T) {
			t.Parallel()
			decoded, err := url.ParseQuery(vector.params.Encode() + "&signature=" + vector.query)
			if err != nil {
				t.Fatalf("parse query: %v", err)
			}
			got := sign(vector.secret, decoded)
			if got != vector.want {
				t.Errorf("sign: got %s, want %s", got, vector.want)
			}
			if !same(decoded.Get("signature"), got) {
				t.Errorf("signature from the query: got %s, want %s", decoded.Get("signature"), got)
			}
		})
	}
}
