package erphttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// watchdog cancels an attempt that takes too long. While a stream is not being
// read it sleeps, so that a slow consumer is not taken for a slow platform.
type watchdog struct {
	timer  *time.Timer
	cancel context.CancelCauseFunc
	limit  time.Duration
}

func watchOver(parent context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(limit, func() { cancel(errTookTooLong) })
	return ctx, &watchdog{timer: timer, cancel: cancel, limit: limit}
}

func (w *watchdog) pause() { w.timer.Stop() }

func (w *watchdog) resume(limit time.Duration) {
	w.limit = limit
	w.timer.Reset(limit)
}

func (w *watchdog) end() {
	w.timer.Stop()
	w.cancel(context.Canceled)
}

// streamBody is a body whose first bytes were already looked at.
type streamBody struct {
	exchange *exchange
	first    []byte
	rest     io.ReadCloser
	err      error
	closed   atomic.Bool
}

// Read gives the first bytes, then the rest. Every error but io.EOF is an
// *Error or the caller's context error, and stays.
func (b *streamBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, errors.New("read after close")
	}
	if len(b.first) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	b.exchange.watch.resume(b.exchange.client.Settings.IdleTimeout)
	n, err := b.rest.Read(p)
	b.exchange.watch.pause()
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.exchange.broken(Truncated, err)
	}
	b.err = err
	return n, err
}

// Close gives the connection back.
func (b *streamBody) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	err := b.rest.Close()
	b.exchange.watch.end()
	return err
}

// countedBody adds what it reads to the client's counts.
type countedBody struct {
	inner io.ReadCloser
	count *atomic.Int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.inner.Read(p)
	b.count.Add(int64(n))
	return n, err
}

func (b *countedBody) Close() error { return b.inner.Close() }

// readUpTo reads size bytes or all there are; whole says that it was all.
// Unlike io.ReadFull it keeps the end of a body apart from a body cut off.
func readUpTo(r io.Reader, size int) (first []byte, whole bool, err error) {
	buffer := make([]byte, size)
	n := 0
	for n < size {
		got, err := r.Read(buffer[n:])
		n += got
		if err == io.EOF {
			return buffer[:n], true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return buffer[:n], false, nil
}

// withoutBOM drops the byte order mark that some gateways put before UTF-8.
func withoutBOM(text []byte) []byte {
	return bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
}
