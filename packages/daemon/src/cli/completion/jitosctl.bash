# What may stand there: asked of the daemon, which has a moment to answer, and of nobody where that fails.
__jitosctl_ask() {
  REPLY=$("$program" "${passed[@]}" complete "$1" 2>/dev/null </dev/null | tr '\n' ' ')
}

__jitosctl_suggest() {
  local line
  case "$1" in
    file) compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur") ;;
    folder) compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur") ;;
    text) ;;
    workspaces)
      __jitosctl_ask workspaces
      # They have numbers; whoever begins with a letter means the long form.
      if [[ $cur == s* ]]; then REPLY="sws:${REPLY//[[:space:]]/ sws:}"; REPLY=${REPLY% sws:}; fi
      COMPREPLY=($(compgen -W "$REPLY" -- "$cur")) ;;
    views)
      __jitosctl_ask workspaces
      REPLY="system ${REPLY:+sws:${REPLY//[[:space:]]/ sws:}}"; REPLY=${REPLY% sws:}
      COMPREPLY=($(compgen -W "$REPLY" -- "$cur")) ;;
    *)
      __jitosctl_ask "$1"
      COMPREPLY=($(compgen -W "$REPLY" -- "$cur")) ;;
  esac
}

_jitosctl() {
  local IFS=$' \t\n' program=$1 words cur path flag word i REPLY kind
  local -a passed
  COMPREPLY=()
  words=() passed=()
  # Bash has taken words apart at colons and equals signs.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 0)) && [[ $word == [:=]* || ${words[${#words[@]} - 1]} == *[:=] ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  cur=${words[${#words[@]} - 1]} path= flag=
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    if [[ -n $flag ]]; then
      case "$flag" in --url | --token-file | --key-file | --data-dir | --world | --profile) passed+=("$flag=$word") ;; esac
      flag=
      continue
    fi
    case "$word" in
      --url=* | --token-file=* | --key-file=* | --data-dir=* | --world=* | --profile=*) passed+=("$word") ;;
      --*=*) ;;
      -*)
        __jitosctl_takes "$path $word"
        [[ -n $REPLY ]] && flag=$word ;;
      *)
        __jitosctl_below "$path"
        [[ " $REPLY " == *" $word "* ]] && path="${path:+$path }$word" ;;
    esac
  done
  if [[ -z $flag && $cur == --*=* ]]; then
    flag=${cur%%=*} cur=${cur#*=}
  fi
  if [[ -n $flag ]]; then
    __jitosctl_takes "$path $flag"
    __jitosctl_suggest "${REPLY:-text}"
  elif [[ $cur == -* ]]; then
    __jitosctl_flags "$path"; word=$REPLY
    __jitosctl_globals ''
    COMPREPLY=($(compgen -W "$word $REPLY" -- "$cur"))
  else
    __jitosctl_below "$path"
    if [[ -n $REPLY ]]; then
      COMPREPLY=($(compgen -W "$REPLY" -- "$cur"))
    else
      __jitosctl_takes "$path -"; kind=$REPLY
      if [[ -n $kind ]]; then
        __jitosctl_suggest "$kind"
      else
        __jitosctl_flags "$path"
        COMPREPLY=($(compgen -W "$REPLY" -- "$cur"))
      fi
    fi
  fi
  # What stands before the last colon is on the line already.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    word=${cur%"${cur##*:}"}
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=${COMPREPLY[i]#"$word"}; done
  fi
}

complete -F _jitosctl jitosctl
