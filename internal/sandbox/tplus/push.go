package tplus

import (
	"bytes"
	"crypto/aes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"

	"pandian/internal/sandbox/jsonout"
)

// PushBody is what the platform posts to the message address of the first
// account: {"encryptMsg":…} around the type of message and its content. A
// content that JSON cannot express, or a message secret that is no AES key, is
// an error.
func (s *Server) PushBody(msgType string, biz any) ([]byte, error) {
	content, err := json.Marshal(biz)
	if err != nil {
		return nil, fmt.Errorf("encode push %s: %w", msgType, err)
	}
	if len(s.options.Accounts) == 0 {
		return nil, fmt.Errorf("encode push %s: no account", msgType)
	}
	account, now := s.options.Accounts[0], s.options.Now()
	message := jsonout.Begin(nil)
	message.Text("id", "m-"+strconv.FormatInt(now.UnixNano(), 36))
	message.Text("appKey", account.AppKey)
	message.Text("orgId", account.OrgID)
	message.Text("msgType", msgType)
	message.Text("time", strconv.FormatInt(now.UnixMilli(), 10))
	message.Raw("bizContent", string(content))
	secret, err := encrypt(account.MessageSecret, message.End())
	if err != nil {
		return nil, fmt.Errorf("encrypt push %s: %w", msgType, err)
	}
	o := jsonout.Begin(nil)
	o.Text("encryptMsg", secret)
	return o.End(), nil
}

// push delivers a message; without a message secret there is nobody to tell.
func (s *Server) push(msgType string, biz any) {
	if body, err := s.PushBody(msgType, biz); err == nil {
		s.options.Deliver(body)
	}
}

// encrypt is AES in ECB mode with PKCS#7 padding, as base64. ECB is the
// platform's choice and the reason that the standard library has no call for it.
func encrypt(key string, plain []byte) (string, error) {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		return "", err
	}
	size := block.BlockSize()
	padding := size - len(plain)%size
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	for at := 0; at < len(out); at += size {
		block.Encrypt(out[at:at+size], out[at:at+size])
	}
	return base64.StdEncoding.EncodeToString(out), nil
}
