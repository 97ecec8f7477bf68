package yonsuite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pandian/extract"
	"pandian/internal/erphttp"
)

const (
	// platform is the system code in errors and logs.
	platform = "yonsuite"
	// CurrentStockDataset is the name of the dataset that [CurrentStock] reads.
	CurrentStockDataset = "yonsuite.current_stock"
)

// StockLayout says where the answer of 现存量查询V2 keeps its records:
// {"code":"200","message":"操作成功","data":[…]}. data is a bare array; it is null
// or absent when nothing matches.
func StockLayout() extract.Layout {
	return extract.Layout{Lists: []string{"data"}, Known: []string{"code"}}
}

// ReadEnvelope reads what an answer says besides its records. There is never a
// total. The error is an *erphttp.Error that tells why there are no records; an
// envelope without any field, as of a bare record array, is no error.
func ReadEnvelope(envelope []byte) (total *int64, err error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(envelope, &members) == nil && len(members) == 0 {
		return nil, nil
	}
	verdict, _ := judge(envelope)
	return nil, verdict.Err(platform, CurrentStockDataset)
}

// CurrentStock is the source of stock on hand (现存量): one row per
// organisation, warehouse, product, SKU, batch and stock status. It is read
// whole, without paging, and streamed.
type CurrentStock struct {
	conn  Connection
	query Query
	parts []part
	http  *erphttp.Client
	login *login
}

var _ extract.Source = (*CurrentStock)(nil)

// NewCurrentStock makes the source. Nothing is sent before Fetch or Check.
func NewCurrentStock(conn Connection, query Query, deps erphttp.Deps) (*CurrentStock, error) {
	if err := conn.Validate(); err != nil {
		return nil, fmt.Errorf("connection to YonSuite: %w", err)
	}
	conn = conn.withDefaults()
	parts, err := query.parts()
	if err != nil {
		return nil, fmt.Errorf("query of %s: %w", CurrentStockDataset, err)
	}
	if deps.Pacer == nil {
		deps.Pacer = erphttp.NewLimiter(conn.HTTP.CallsPerMinute)
	}
	secrets := erphttp.NewSecrets(conn.AppSecret, conn.AppKey)
	return &CurrentStock{
		conn: conn, query: query, parts: parts, login: newLogin(conn, deps, secrets),
		http: erphttp.New(erphttp.Config{
			Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classifyStock, Secrets: secrets,
		}),
	}, nil
}

// Spec implements [extract.Source].
func (s *CurrentStock) Spec() extract.Spec {
	return extract.Spec{Dataset: CurrentStockDataset, Kind: extract.Snapshot}
}

// Fetch implements [extract.Source]. The first call has been answered when it
// returns; further parts are asked for as the records are read, under the same
// ctx. A stream that breaks in the middle is not repeated, since its records are
// in use: the caller starts the snapshot again.
func (s *CurrentStock) Fetch(ctx context.Context, _ extract.Request) (extract.Response, error) {
	request, err := s.describe()
	if err != nil {
		return nil, err
	}
	answer := &response{ctx: ctx, source: s, request: request}
	if err := answer.open(); err != nil {
		return nil, err
	}
	return answer, nil
}

// open makes one call. A token that the platform refuses is replaced and the
// call repeated, once.
func (s *CurrentStock) open(ctx context.Context, body []byte) (*erphttp.Stream, session, error) {
	for try := 1; ; try++ {
		session, err := s.login.session(ctx)
		if err != nil {
			return nil, session, err
		}
		stream, err := s.http.DoStream(ctx, erphttp.Call{
			Operation: CurrentStockDataset,
			Build: func(ctx context.Context) (*http.Request, error) {
				return s.request(ctx, session, body)
			},
		})
		failed := erphttp.AsError(err)
		if failed == nil || failed.Kind != erphttp.LoginRefused {
			return stream, session, err
		}
		s.login.expire(session.token)
		if try == 2 {
			return nil, session, err
		}
	}
}

// request puts the token into the query, percent-encoded: newer ones hold
// reserved characters.
func (s *CurrentStock) request(ctx context.Context, session session, body []byte) (*http.Request, error) {
	address := strings.TrimSuffix(session.gatewayURL, "/") + s.conn.StockPath + "?access_token=" + url.QueryEscape(session.token)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	return request, nil
}

// describe is the request for people: path, filters and partition.
func (s *CurrentStock) describe() ([]byte, error) {
	filters, err := s.query.normalise()
	if err != nil {
		return nil, err
	}
	request := maps.Clone(filters)
	request["path"] = s.conn.StockPath
	for _, dimension := range s.query.Partition {
		request["partition."+dimension.Field] = dimension.Values
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("describe request for %s: %w", CurrentStockDataset, err)
	}
	return text, nil
}

// Check fetches a token if there is none, asks for a SKU that cannot exist, and
// says in words what is wrong with the credentials, the permissions or the
// clock. It takes two attempts at most for each call.
func (s *CurrentStock) Check(ctx context.Context) erphttp.Health {
	hurried := *s
	hurried.http = inAHurry(s.http)
	hurried.login = newLogin(s.conn, s.login.http.Deps, s.login.secrets)
	hurried.login.http = inAHurry(s.login.http)
	// Ids have 16 to 19 digits.
	stream, _, err := hurried.open(ctx, []byte(`{"productsku":"0"}`))
	if err != nil {
		return erphttp.CheckUp(erphttp.Skew{}, err)
	}
	return erphttp.CheckUp(stream.Skew, stream.Close())
}

// inAHurry is the same client for a person who waits.
func inAHurry(patient *erphttp.Client) *erphttp.Client {
	config := patient.Config
	config.Settings.MaxAttempts = 2
	config.Settings.MaxWait = min(config.Settings.MaxWait, 3*time.Second)
	config.Settings.Timeout = min(config.Settings.Timeout, 35*time.Second)
	return erphttp.New(config)
}

func cutOff(err error) bool {
	var body *extract.BodyError
	return errors.As(err, &body) && body.Reason == extract.ReasonCutOff
}
