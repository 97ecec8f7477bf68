package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// documentCallOf names the business calls of the platforms that documents come
// from and go to: jst, and those of the targets that have an effect.
func documentCallOf(r *http.Request) string {
	path := strings.ToLower(r.URL.Path)
	switch {
	case strings.HasPrefix(path, "/jst/router/"), strings.HasPrefix(path, "/open/orders/"), strings.HasPrefix(path, "/api/open/"):
		return "jst"
	case strings.Contains(path, ".batchsave."), strings.Contains(path, ".save."):
		return "k3cloud"
	case strings.HasSuffix(path, "/material_batch_save"):
		return "jdy"
	case strings.HasSuffix(path, "/saledispatch/create"):
		return "tplus"
	}
	return ""
}

// askedFor is what a query asks for beside its window and page.
func askedFor(r *http.Request) string {
	asked := []string{r.URL.Path}
	for _, name := range []string{"method", "is_by_modified", "is_disabled", "status", "start_ts", "page_index", "biz"} {
		asked = append(asked, r.FormValue(name))
	}
	return strings.Join(asked, " ")
}

// grantsTokens says whether a call is answered with tokens.
func grantsTokens(r *http.Request) bool {
	path := strings.ToLower(r.URL.Path)
	return strings.HasPrefix(path, "/openweb/auth/") || strings.HasPrefix(path, "/auth/") || strings.HasPrefix(path, "/v1/common/auth/")
}

// tokenMember is a member of an answer that holds a token.
var tokenMember = regexp.MustCompile(`"(?i:access_?token|refresh_?token)"\s*:\s*"([^"]+)"`)

func tokensIn(body []byte) (tokens []string) {
	for _, found := range tokenMember.FindAllSubmatch(body, -1) {
		tokens = append(tokens, string(found[1]))
	}
	return tokens
}

// tokensOf are the tokens and sessions that a request goes under.
func tokensOf(r *http.Request, body []byte) (tokens []string) {
	form := url.Values{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ = url.ParseQuery(string(body)) // the platform says what is wrong with it
	}
	for _, token := range []string{
		r.URL.Query().Get("access_token"), r.URL.Query().Get("refreshToken"), r.Header.Get("openToken"),
		r.Header.Get("kdservice-sessionid"), form.Get("access_token"), form.Get("refresh_token"),
	} {
		if token != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens
}
