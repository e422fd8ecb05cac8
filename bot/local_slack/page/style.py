"""How the page looks."""

CSS = """
:root { --ls-side:#3f0e40; --ls-side2:#4d1a4e; --ls-line:#e3e3e6; --ls-text:#1d1c1d; --ls-soft:#616061;
  --ls-blue:#1264a3; --ls-green:#007a5a; --ls-red:#c01343; }
html, body { height:100%; margin:0; }
body { font-family:'Lato','Inter','Segoe UI','Helvetica Neue',Arial,sans-serif; color:var(--ls-text);
  font-size:15px; line-height:1.46; background:#fff; }
.nicegui-content { padding:0 !important; gap:0 !important; width:100%; }
.ls-app { display:flex; flex-direction:column; height:100vh; width:100%; overflow:hidden; }
.ls-top { display:flex; align-items:center; gap:12px; padding:6px 16px; background:var(--ls-side);
  color:#fff; min-height:46px; }
.ls-top .ls-team { font-weight:800; font-size:16px; }
.ls-top .ls-note { opacity:.75; font-size:13px; flex:1; text-align:right; }
.ls-body { display:flex; flex:1; min-height:0; }
.ls-side { width:250px; background:var(--ls-side); color:#d9c7da; padding:8px; overflow-y:auto; flex:none; }
.ls-side-title { font-size:13px; padding:12px 10px 4px; opacity:.85; }
.ls-link { display:flex; align-items:center; gap:8px; padding:4px 10px; border-radius:6px; cursor:pointer;
  font-size:15px; width:100%; background:none; border:0; color:inherit; text-align:left; }
.ls-link:hover { background:var(--ls-side2); }
.ls-link.unread { color:#fff; font-weight:800; }
.ls-link.current { background:#1164a3; color:#fff; }
.ls-link .name { flex:1; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; }
.ls-badge { background:#e01e5a; color:#fff; border-radius:10px; font-size:12px; font-weight:700;
  padding:0 7px; line-height:18px; }
.ls-main { flex:1; min-width:0; display:flex; flex-direction:column; background:#fff; }
.ls-head { display:flex; align-items:center; gap:14px; padding:10px 20px; border-bottom:1px solid var(--ls-line);
  min-height:50px; }
.ls-head .title { font-weight:900; font-size:18px; }
.ls-head .topic { color:var(--ls-soft); font-size:13px; }
.ls-tab { border:0; background:none; padding:6px 4px; font-size:14px; font-weight:700; color:var(--ls-soft);
  cursor:pointer; border-bottom:2px solid transparent; }
.ls-tab.current { color:var(--ls-text); border-bottom-color:var(--ls-side); }
.ls-scroll { flex:1; overflow-y:auto; min-height:0; padding:10px 0 16px; }
.ls-msg { position:relative; display:flex; gap:10px; padding:7px 20px; }
.ls-msg:hover { background:#f8f8f8; }
.ls-msg.reply { margin-left:46px; border-left:2px solid #ece9ef; padding-left:14px; }
.ls-msg.ephemeral { background:#fbf7fc; }
.ls-msg.found { background:#fff8e1; }
.ls-avatar { width:36px; height:36px; border-radius:8px; flex:none; color:#fff; font-weight:800; font-size:14px;
  display:flex; align-items:center; justify-content:center; }
.ls-avatar.small { width:22px; height:22px; border-radius:5px; font-size:10px; }
.ls-msg .content { flex:1; min-width:0; max-width:780px; }
.ls-by { display:flex; align-items:baseline; gap:8px; flex-wrap:wrap; }
.ls-by .who { font-weight:900; }
.ls-by .app { background:#e8e8e8; color:var(--ls-soft); font-size:10px; font-weight:700; border-radius:3px;
  padding:1px 4px; }
.ls-by .when, .ls-soft { color:var(--ls-soft); font-size:12px; }
.ls-only { color:var(--ls-soft); font-size:12.5px; display:flex; align-items:center; gap:4px; }
.ls-text { overflow-wrap:anywhere; white-space:normal; }
.ls-text p { margin:0 0 6px; } .ls-text p:last-child { margin-bottom:0; }
.ls-text h1,.ls-text h2,.ls-text h3 { font-size:16px; font-weight:800; margin:6px 0 4px; line-height:1.3; }
.ls-text ul { list-style:disc; padding-left:22px; margin:4px 0; }
.ls-text ol { list-style:decimal; padding-left:24px; margin:4px 0; }
.ls-text a { color:var(--ls-blue); text-decoration:none; } .ls-text a:hover { text-decoration:underline; }
.ls-text code { background:#f4f4f6; border:1px solid #e0e0e4; border-radius:3px; color:#c01343; font-size:13px;
  padding:1px 4px; }
.ls-text pre { background:#f8f8f8; border:1px solid var(--ls-line); border-radius:4px; padding:8px;
  white-space:pre-wrap; font-size:13px; margin:4px 0; }
.ls-text blockquote { border-left:4px solid #ddd; padding-left:12px; margin:4px 0; }
.ls-text table { border-collapse:collapse; margin:4px 0; }
.ls-text td, .ls-text th { border:1px solid var(--ls-line); padding:4px 8px; text-align:left; }
.ls-mention { background:#e8f5fa; color:var(--ls-blue); border-radius:3px; padding:0 3px; }
.ls-blocks { display:flex; flex-direction:column; gap:8px; margin-top:3px; width:100%; }
.ls-section { display:flex; gap:14px; align-items:flex-start; }
.ls-section .body { flex:1; min-width:0; }
.ls-fields { display:grid; grid-template-columns:1fr 1fr; gap:6px 18px; margin-top:4px; }
.ls-header { font-size:18px; font-weight:900; line-height:1.3; }
.ls-divider { border-top:1px solid var(--ls-line); margin:4px 0; width:100%; }
.ls-context { display:flex; gap:8px; flex-wrap:wrap; color:var(--ls-soft); font-size:12.5px; align-items:center; }
.ls-context .ls-text { font-size:12.5px; }
.ls-actions { display:flex; gap:8px; flex-wrap:wrap; align-items:center; }
.ls-alert { border-radius:6px; padding:8px 12px; background:#f1f5f9; border-left:4px solid #8595a6; }
.ls-alert.warning { background:#fff8e1; border-color:#dfa100; } .ls-alert.error { background:#fdecef;
  border-color:var(--ls-red); } .ls-alert.success { background:#e7f6f0; border-color:var(--ls-green); }
.ls-card { border:1px solid var(--ls-line); border-radius:8px; padding:10px 12px; }
.ls-button { border:1px solid #bbb; background:#fff; border-radius:5px; font-weight:700; font-size:13px;
  padding:5px 12px; cursor:pointer; color:var(--ls-text); font-family:inherit; line-height:1.4; }
.ls-button:hover { background:#f6f6f6; box-shadow:0 1px 2px rgba(0,0,0,.12); }
.ls-button.primary { background:var(--ls-green); border-color:var(--ls-green); color:#fff; }
.ls-button.danger { background:#fff; border-color:var(--ls-red); color:var(--ls-red); }
.ls-button.quiet { border-color:transparent; color:var(--ls-soft); font-weight:500; padding:3px 7px; }
.ls-button:disabled { opacity:.45; cursor:default; }
.ls-link-button { border:0; background:none; color:var(--ls-blue); font-weight:700; font-size:13px; cursor:pointer;
  padding:2px 0; font-family:inherit; }
.ls-link-button:hover { text-decoration:underline; }
.ls-tools { position:absolute; top:-14px; right:20px; display:none; background:#fff; border:1px solid var(--ls-line);
  border-radius:7px; box-shadow:0 1px 3px rgba(0,0,0,.1); padding:2px; z-index:2; }
.ls-msg:hover .ls-tools, .ls-tools:focus-within { display:flex; }
.ls-tools button { border:0; background:none; border-radius:5px; cursor:pointer; padding:3px 7px; font-size:14px;
  color:var(--ls-soft); }
.ls-tools button:hover { background:#f0f0f0; color:var(--ls-text); }
.ls-reactions { display:flex; gap:5px; margin-top:4px; flex-wrap:wrap; }
.ls-reaction { border:1px solid transparent; background:#efefef; border-radius:12px; font-size:12px;
  padding:1px 8px; cursor:pointer; }
.ls-reaction.mine { background:#e3f0f9; border-color:var(--ls-blue); color:var(--ls-blue); }
.ls-status { color:var(--ls-soft); font-size:13px; font-style:italic; padding:6px 20px 6px 66px;
  animation:ls-pulse 1.6s infinite; }
@keyframes ls-pulse { 50% { opacity:.45; } }
.ls-composer { margin:0 20px 16px; border:1px solid #a5a4a6; border-radius:9px; background:#fff; }
.ls-composer:focus-within { border-color:#6b6a6c; box-shadow:0 0 0 2px #e8f0f7; }
.ls-write { display:flex; align-items:flex-end; gap:8px; padding:4px 8px 6px 12px; }
.ls-composer .q-field { flex:1; } .ls-composer textarea { font-size:15px; line-height:1.46; resize:none; }
.ls-send { background:var(--ls-green); border:0; color:#fff; border-radius:6px; width:34px; height:30px;
  font-size:15px; cursor:pointer; margin-bottom:5px; }
.ls-in-thread { display:flex; align-items:center; gap:8px; padding:5px 12px; font-size:12.5px; color:var(--ls-soft);
  background:#faf7fb; border-bottom:1px solid #eee; border-radius:9px 9px 0 0; }
.ls-in-thread .about { flex:1; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; }
.ls-chips { display:flex; gap:8px; flex-wrap:wrap; padding:4px 20px 10px; }
.ls-chip { border:1px solid var(--ls-line); background:#fff; border-radius:18px; padding:6px 14px; font-size:13.5px;
  cursor:pointer; color:var(--ls-blue); font-family:inherit; }
.ls-chip:hover { background:#f2f7fb; }
.ls-hint { font-size:12.5px; color:var(--ls-soft); padding:0 12px 6px; }
.ls-thread { width:400px; flex:none; border-left:1px solid var(--ls-line); display:flex; flex-direction:column; }
.ls-home { max-width:760px; margin:0 auto; padding:18px 24px; width:100%; }
.ls-empty { color:var(--ls-soft); text-align:center; padding:48px 24px; }
.ls-modal { width:520px; max-width:94vw; border-radius:10px !important; padding:0 !important; gap:0 !important;
  display:flex; flex-direction:column; max-height:86vh; }
.ls-modal .head { display:flex; align-items:center; padding:16px 20px 10px; width:100%; }
.ls-modal .head .title { font-size:20px; font-weight:900; flex:1; }
.ls-modal .body { padding:6px 20px 14px; overflow-y:auto; width:100%; display:flex; flex-direction:column; gap:14px; }
.ls-modal .foot { display:flex; justify-content:flex-end; gap:10px; padding:12px 20px 16px; width:100%; }
.ls-label { font-weight:800; font-size:15px; margin-bottom:4px; }
.ls-label .optional { color:var(--ls-soft); font-weight:400; font-size:13px; }
.ls-field-error { color:var(--ls-red); font-size:13px; margin-top:4px; }
.ls-intro { padding:26px 20px 8px; } .ls-intro .big { font-size:22px; font-weight:900; }
.q-field--outlined .q-field__control { border-radius:5px; }
.ls-person .q-field__control { background:#fff; }
@media (max-width: 900px) { .ls-side { width:190px; } .ls-thread { width:320px; } .ls-top .ls-note { display:none; } }
"""
