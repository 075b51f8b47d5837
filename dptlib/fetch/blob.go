// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
)

// blob holds what the server reports about a file.
type blob struct {
	etag string
	size int64
}

var errAbsent = errors.New("the repository has no such file")

// look asks for a file's ETag, which is its name among the blobs and its hash, and its size. For a file in LFS the
// hub's answer, which redirects to where the bytes are, has them in headers of their own; a mirror may redirect to the
// hub first.
func (h *hub) look(ctx context.Context, address string) (blob, error) {
	var linked string
	final := func(r *http.Response) bool {
		if etag := r.Header.Get("X-Linked-Etag"); etag != "" {
			linked = etag
		}
		return linked != "" && r.Header.Get("X-Linked-Size") != ""
	}
	var etag, length string
	// some servers do not support HEAD, or leave out the size
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		header, _, err := h.ask(ctx, method, address, final)
		status := new(StatusError)
		errors.As(err, &status)
		switch {
		case status.Code == http.StatusNotFound:
			return blob{}, errAbsent
		case status.Code == http.StatusMethodNotAllowed && method == http.MethodHead,
			status.Code == http.StatusNotImplemented && method == http.MethodHead:
			continue
		case err != nil:
			return blob{}, err
		}
		if etag, length = linked, header.Get("X-Linked-Size"); etag == "" {
			etag = header.Get("ETag")
		}
		if length == "" {
			length = header.Get("Content-Length")
		}
		if length != "" {
			break
		}
	}
	size, err := strconv.ParseInt(length, 10, 64)
	name := strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	if err != nil || size < 0 || !safeName.MatchString(name) {
		return blob{}, fmt.Errorf("%s must have a size, and an ETag that can name a file; found %q and %q: "+
			"is HF_ENDPOINT a HuggingFace server?", address, length, etag)
	}
	return blob{name, size}, nil
}

var safeName = regexp.MustCompile(`^[0-9A-Za-z_-][0-9A-Za-z._-]*$`)

// get ensures that a file of a commit is in its snapshot.
func (h *hub) get(ctx context.Context, id, commit, name string) error {
	link := filepath.Join(h.snapshot(id, commit), name)
	if info, err := os.Stat(link); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s must be a regular file, found %v: remove it to have it fetched again", link,
				info.Mode())
		}
		return nil
	}
	address := h.endpoint + "/" + id + "/resolve/" + commit + "/" + url.PathEscape(name)
	found, err := h.look(ctx, address)
	if err != nil {
		return h.advise(err, id, commit)
	}
	src := source{url: address, token: h.token, size: found.size, digest: digestOf(found.etag)}
	if src.digest.hex == "" {
		h.client.logf("%s cannot be verified: its ETag %q is no hash\n", address, found.etag)
	}
	path := filepath.Join(h.repository(id), "blobs", found.etag)
	lock := filepath.Join(h.cache, ".locks", filepath.Base(h.repository(id)), found.etag+".lock")
	err = h.client.locked(ctx, lock, func() error { return h.client.file(ctx, src, path) })
	if err != nil {
		return h.advise(err, id, commit)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return err
	}
	return renameio.Symlink(filepath.Join("..", "..", "blobs", found.etag), link)
}

// ask makes a request whose answer is small. The body is read only if final is nil.
func (h *hub) ask(
	ctx context.Context, method, address string, final func(*http.Response) bool,
) (header http.Header, body []byte, err error) {
	err = h.client.retry(ctx, func() (progress bool, err error) {
		response, err := h.client.send(ctx, method, address, h.token, 0, final)
		if err != nil {
			return false, err
		}
		defer response.Body.Close()
		header = response.Header
		if final == nil {
			if body, err = io.ReadAll(io.LimitReader(response.Body, 16<<20)); err != nil {
				return false, &transientError{fmt.Errorf("%s broke off: %w", address, err)}
			}
		}
		return false, nil
	})
	return header, body, err
}

// advise says what to do about a status.
func (h *hub) advise(err error, id, revision string) error {
	status := new(StatusError)
	if !errors.As(err, &status) {
		return err
	}
	switch {
	case status.Code == http.StatusUnauthorized && h.token == "", status.Code == http.StatusNotFound:
		return fmt.Errorf("%w: %s must have a repository %s with a revision %s; "+
			"look for a slip in the name, or, if it is private, set HF_TOKEN",
			err, h.endpoint, id, revision)
	case status.Code == http.StatusUnauthorized:
		return fmt.Errorf("%w: HF_TOKEN (or the stored login) must be valid and may read %s; "+
			"make a new one at %s/settings/tokens. "+
			"It is sent to that host only, not to where it redirects", err, id, h.endpoint)
	case status.Code == http.StatusForbidden:
		return fmt.Errorf("%w: your account must have access to %s: ask for it at %s/%s and set HF_TOKEN", err, id,
			h.endpoint, id)
	case status.Code == http.StatusTooManyRequests:
		return fmt.Errorf("%w: try again later; what has arrived is kept. With HF_TOKEN set more requests are allowed",
			err)
	}
	return err
}
