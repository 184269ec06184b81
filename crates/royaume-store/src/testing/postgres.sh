# A PostgreSQL server for as long as somebody holds our standard input. Says its directory once it answers.
bin=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/royaume-postgres.XXXXXX") || exit 1
log=$dir/log
end() {
    "${bin}pg_ctl" stop -D "$dir/data" -m immediate >>"$log" 2>&1
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
if "${bin}initdb" -D "$dir/data" -U royaume --auth=trust --encoding=UTF8 --no-locale --no-sync >>"$log" 2>&1 &&
    "${bin}pg_ctl" start -w -D "$dir/data" -l "$log" \
        -o "-k $dir -c listen_addresses= -c max_connections=400 -c full_page_writes=off $2" >>"$log" 2>&1
then
    echo "$dir"
    # Whoever started us has the other end of this pipe: it closes with that process, however that ends.
    cat >/dev/null
else
    echo "failed: $(tail -n 5 "$log" | tr '\n' ' ')"
fi
