extension AuditPage {
    static let style = """
        :root{--text:#1c1c1e;--page:#fff;--soft:#f3f3f5;--rule:#ddd;--faint:#666;--link:#0b62b8;--wrong:#b3261e}\
        @media(prefers-color-scheme:dark){:root{--text:#e6e6e8;--page:#161618;--soft:#232326;--rule:#3a3a3d;\
        --faint:#a0a0a5;--link:#7ab7ff;--wrong:#ff8a80}}\
        *{box-sizing:border-box}\
        body{margin:0 auto;max-width:1200px;padding:24px 20px 64px;background:var(--page);color:var(--text);\
        font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
        h1{font-size:28px;line-height:1.2;margin:0 0 8px}h2{font-size:21px;margin:40px 0 4px;padding-top:8px}\
        p{margin:4px 0 14px;max-width:72ch}header p,footer p,figcaption{color:var(--faint)}footer p{font-size:13px}\
        nav{display:flex;flex-wrap:wrap;gap:6px 16px}a{color:var(--link)}.wide{overflow-x:auto}\
        .wide svg{min-width:560px;max-width:100%;height:auto;display:block}\
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
        th,td{padding:5px 14px 5px 0;text-align:left;border-bottom:1px solid var(--rule);overflow-wrap:normal}\
        td:first-child{min-width:18ch}ul{padding-left:20px;margin:4px 0 14px}\
        td+td,th+th{text-align:right}.wide+.gallery,.wide+.wide{margin-top:14px}\
        .gallery{display:flex;flex-wrap:wrap;gap:12px;padding:0;margin:0}\
        figure{margin:0;padding:10px;background:var(--soft);border-radius:8px;break-inside:avoid;max-width:100%}\
        .title{font-size:16px;font-weight:600;line-height:1.3;margin-bottom:6px}\
        figcaption{font-size:13px;line-height:1.35;margin-top:4px}.row{display:flex;flex-wrap:wrap;gap:8px}\
        .example{width:72px;font-size:12px;line-height:1.3}\
        .example img,.example .none{width:72px;height:72px;display:block;border-radius:4px;object-fit:contain;\
        background:#8882;image-rendering:pixelated}\
        .example .none{display:flex;align-items:center;justify-content:center;font-size:14px}\
        .example img+div,.example .none+div{margin-top:4px}.other{color:var(--wrong);font-weight:600}\
        @media(max-width:480px){body{padding:16px 12px 48px}.gallery{gap:8px}figure{padding:6px}.row{gap:6px}\
        .example,.example img,.example .none{width:66px}.example img,.example .none{height:66px}}\
        @media print{nav{display:none}body{max-width:none;padding:0}\
        h2{break-after:avoid}}
        """
}
