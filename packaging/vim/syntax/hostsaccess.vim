" Vim syntax file
" Language: hosts.allow and hosts.deny of TCP Wrappers, as libwrap reads them
"
" A comment is a line whose first character is #, with all lines that continue it. A # anywhere else is part
" of a rule: what follows it there opens and closes doors, so it is shown as an error. The file that comes
" with Vim shows it as a comment.
if exists("b:current_syntax")
  finish
endif

syn case ignore
" `local` in local.example.org is not a word of its own.
syn iskeyword @,48-57,_,.,-
" The longest rule and comment decide, not the part of them that is on the screen.
syn sync fromstart

" A line that libwrap joins with the next one ends with a backslash.
syn region hostsaccessComment start=/^#/ skip=/\\$/ end=/$/ keepend contains=@Spell

" Daemons up to the first colon, clients up to the next one that no bracket encloses and no backslash
" escapes, options after it. Each goes on over lines that are joined.
syn match hostsaccessDaemons /^[^#:\\]\%([^:\\]\|\\\n\|\\.\)*/ nextgroup=hostsaccessFirst
      \ contains=hostsaccessWild,hostsaccessExcept,hostsaccessTrap,hostsaccessJoin
syn match hostsaccessFirst contained /:/ nextgroup=hostsaccessClients,hostsaccessSecond
syn match hostsaccessClients contained /\%(\[[^]:]*:[^]]*\]\|[^:\\]\|\\\n\|\\.\)\+/ nextgroup=hostsaccessSecond
      \ contains=hostsaccessWild,hostsaccessExcept,hostsaccessTrap,hostsaccessJoin,hostsaccessNetwork,hostsaccessList
syn match hostsaccessSecond contained /:/ nextgroup=hostsaccessOptions,hostsaccessSecond
syn match hostsaccessOptions contained /\%([^:\\]\|\\\n\|\\.\)\+/ nextgroup=hostsaccessSecond
      \ contains=hostsaccessOption,hostsaccessPercent,hostsaccessTrap,hostsaccessJoin

syn keyword hostsaccessWild contained ALL LOCAL KNOWN UNKNOWN PARANOID
syn keyword hostsaccessExcept contained EXCEPT
syn keyword hostsaccessOption contained allow deny spawn twist aclexec setenv severity banners keepalive linger
      \ nice rfc931 umask user group
syn match hostsaccessNetwork contained /\<\d\{1,3}\%(\.\d\{1,3}\)\{1,3}\.\?\%(\/[0-9.]\+\)\?/
syn match hostsaccessNetwork contained /\[[0-9a-f:.%]*\]\%(\/\d\+\)\?/
syn match hostsaccessList contained /\%(^\|[[:blank:],:]\)\@<=\/\S\+/
syn match hostsaccessPercent contained /%[aAcdhHnNpsu%]/
syn match hostsaccessTrap contained /#/
syn match hostsaccessJoin contained /\\$/

hi def link hostsaccessComment Comment
hi def link hostsaccessDaemons Identifier
hi def link hostsaccessFirst Delimiter
hi def link hostsaccessSecond Delimiter
hi def link hostsaccessWild Keyword
hi def link hostsaccessExcept Conditional
hi def link hostsaccessOption Statement
hi def link hostsaccessNetwork Constant
hi def link hostsaccessList String
hi def link hostsaccessPercent Special
hi def link hostsaccessTrap Error
hi def link hostsaccessJoin Special

let b:current_syntax = "hostsaccess"
